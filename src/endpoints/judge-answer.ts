/** What an endpoint answered, as far as it matters. */
export interface Answer {
  readonly statusCode: number;
  /** The header `Retry-After`. */
  readonly retryAfter: string | undefined;
}

export type Judgement =
  | { readonly outcome: 'delivered' }
  /** Nobody is there any more. */
  | { readonly outcome: 'gone'; readonly reason: string }
  /** It will not take this event, whatever the time. */
  | { readonly outcome: 'refused'; readonly reason: string }
  /** It is not the event's fault: it comes again. */
  | {
      readonly outcome: 'failed';
      readonly reason: string;
      readonly retryAfterMs?: number;
    };

/** How an attempt ended, in the delivery log. */
export type Outcome = Judgement['outcome'];
export const OUTCOMES: readonly Outcome[] = ['delivered', 'refused', 'failed', 'gone'];

/**
 * Too large, wrong content type, not processable: said of the event. Whatever else is said is of the endpoint; also 400, which
 * many answer to a wrong signature: after a rotation that went wrong every event would go aside, and nothing would be paused.
 */
const OF_THE_EVENT = [413, 415, 422];
const GONE = 410;
const TOO_MANY_REQUESTS = 429;
/** When an endpoint may say how long to wait. */
const ASKS_FOR_REST = [TOO_MANY_REQUESTS, 503];

/** What an answer means. Source: Standard Webhooks 1.0, "Deliverability and reliability". */
export function judgeAnswer({ statusCode, retryAfter }: Answer, now: Date): Judgement {
  if (statusCode >= 200 && statusCode < 300) return { outcome: 'delivered' };
  const reason = `the endpoint answered ${statusCode}`;
  if (statusCode === GONE) return { outcome: 'gone', reason };
  if (OF_THE_EVENT.includes(statusCode)) return { outcome: 'refused', reason };
  if (statusCode >= 300 && statusCode < 400)
    return {
      outcome: 'failed',
      reason: `${reason}: redirects are not followed, set the url to where it leads`,
    };
  const askedMs = ASKS_FOR_REST.includes(statusCode) ? parseRetryAfter(retryAfter, now) : undefined;
  // Never the event's fault, also where it does not say how long.
  const retryAfterMs = askedMs ?? (statusCode === TOO_MANY_REQUESTS ? 0 : undefined);
  return { outcome: 'failed', reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** Seconds or an HTTP date. Source: RFC 9110, 10.2.3. */
function parseRetryAfter(text: string | undefined, now: Date): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const at = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(at - now.getTime(), 0);
}
