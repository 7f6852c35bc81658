import { correctParameters, type CorrectedFields } from './correct-parameters.js';
import { readFormParameters } from './form-parameters.js';
import { readJsonParameters } from './json-parameters.js';
import type { Parameter, Problem } from './parameter.js';
import { readReservedFields, type ReservedFields } from './reserved-fields.js';
import { isReservedWord, type ReservedWord } from './reserved-words.js';
import { readUserId } from './user-id.js';

/** A webhook as it came over the wire: nothing decoded, nothing lost. */
export interface RawShareWebhook {
  readonly method: string;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  /** The query string without its question mark. */
  readonly query: Buffer;
  readonly body: Buffer;
}

/** What a webhook says, once understood. */
export interface ShareWebhook {
  readonly fields: ReservedFields;
  /** The user named by the custom parameter, if any. It came through the user's own browser: a claim, not a proof. */
  readonly userId: string | undefined;
  readonly custom: readonly Parameter[];
  /** Reserved fields whose value Kakao's page does not list (yet). */
  readonly unknownValues: readonly ReservedWord[];
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a share webhook, or says why it cannot be understood. Source: Kakao Talk Share, Webhook, "Request".
 *
 * @param corrected what people put right. With it, a request that cannot be read at all is read as one without parameters.
 */
export function readShareWebhook(
  raw: RawShareWebhook,
  userParameter: string,
  corrected: CorrectedFields = {},
): ShareWebhook | Problem[] {
  const received = readParameters(raw);
  if (typeof received === 'string' && Object.keys(corrected).length === 0)
    return [{ field: raw.method === 'GET' ? 'query' : 'body', problem: received }];
  const parameters = correctParameters(typeof received === 'string' ? [] : received, corrected);
  const custom = parameters.filter(({ name }) => !isReservedWord(name));
  const reserved = readReservedFields(parameters);
  const userId = readUserId(custom, userParameter);
  const problems: Problem[] = [
    ...(Array.isArray(reserved) ? reserved : []),
    ...(typeof userId === 'object' ? [userId] : []),
  ];
  if (Array.isArray(reserved) || typeof userId === 'object') return problems;
  return { ...reserved, userId, custom };
}

/**
 * Whether a webhook says this user's name, in words that are understood or not: where its parameters cannot be read, its bytes
 * are searched.
 */
export function namesUser(raw: RawShareWebhook, userParameter: string, userId: string): boolean {
  const received = readParameters(raw);
  if (typeof received === 'string')
    return [userId, encodeURIComponent(userId)].some(
      (text) => raw.query.includes(text) || raw.body.includes(text),
    );
  return received.some(
    ({ name, value }) =>
      name === userParameter && ('text' in value ? value.text : value.json) === userId,
  );
}

function readParameters(raw: RawShareWebhook): Parameter[] | string {
  if (raw.method === 'GET') return readFormParameters(raw.query);
  if (raw.contentEncoding !== undefined && raw.contentEncoding.toLowerCase() !== 'identity') {
    return 'is compressed, and that is not read';
  }
  const mediaType = raw.contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType === 'application/x-www-form-urlencoded') return readFormParameters(raw.body);
  try {
    return readJsonParameters(utf8.decode(raw.body));
  } catch {
    return 'must be UTF-8';
  }
}

/** The custom parameters as one JSON object, each value as it was written, repeated names included. */
export function writeCustomParameters(custom: readonly Parameter[]): string {
  const members = custom.map(
    ({ name, value }) =>
      `${JSON.stringify(name)}:${'text' in value ? JSON.stringify(value.text) : value.json}`,
  );
  return `{${members.join(',')}}`;
}
