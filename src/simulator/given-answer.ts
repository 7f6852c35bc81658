import type { Answer } from './send.js';

/** The kinds of answer that a simulation tells apart: a closed set, whatever the server says. */
export type GivenAnswer =
  | 'accepted'
  | 'duplicate'
  | 'quarantined'
  | 'unauthorized'
  /** Any other status but 2xx. */
  | 'refused'
  /** 2xx without a status that we know in the body. */
  | 'unknown'
  | 'timeout'
  | 'failed';

/** Kakao reads the HTTP status alone; the `status` in the body is our own word to those who look. */
export function givenAnswer(answer: Answer): GivenAnswer {
  if (answer.outcome !== 'answered') return answer.outcome;
  if (answer.status === 401) return 'unauthorized';
  if (answer.status < 200 || answer.status > 299) return 'refused';
  const status = bodyStatus(answer.body);
  return status === 'accepted' || status === 'duplicate' || status === 'quarantined'
    ? status
    : 'unknown';
}

function bodyStatus(body: string): unknown {
  try {
    const parsed: unknown = JSON.parse(body);
    return parsed instanceof Object && 'status' in parsed ? parsed.status : undefined;
  } catch {
    return undefined;
  }
}
