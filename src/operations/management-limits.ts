import { Injectable } from '@nestjs/common';
import { TokenBuckets } from './token-buckets.js';

/**
 * Wrong tokens per network of a client: a service of yours that still has an old one is told so a few hundred times, somebody who guesses
 * comes to half a million tokens a day.
 */
const WRONG_TOKENS = { burst: 300, perSecond: 5 };
/**
 * Requests per caller and process: several times what a backend needs that asks for an intent per visitor after a push notification. A loop that has gone
 * wild leaves the rest of the machine to Kakao.
 */
const REQUESTS = { burst: 2_000, perSecond: 1_000 };
const KNOWN_FOR_MS = 3_600_000;
/** Callers are few, and their networks some dozens. */
const MAX_KNOWN = 1_000;

/**
 * How often management may be asked. A network that sends wrong tokens without end is not judged any more, so that no answer tells a right
 * guess; callers that were let in from there within the last hour still are, so that strangers behind the same address cannot lock them out.
 */
@Injectable()
export class ManagementLimits {
  readonly #wrongTokens = new TokenBuckets(WRONG_TOKENS);
  readonly #requests = new TokenBuckets(REQUESTS);
  /** Network and caller, the one seen last at the end, and when that was. */
  readonly #known = new Map<string, number>();

  /** Seconds until a token from this network is judged again; 0: now. */
  waitToBeJudged(network: string, caller: string | undefined, nowMs: number): number {
    return this.#isKnown(network, caller, nowMs) ? 0 : this.#wrongTokens.wait(network, nowMs);
  }

  countWrongToken(network: string, nowMs: number): void {
    this.#wrongTokens.take(network, nowMs);
  }

  /** Lets a caller in: seconds until it may ask again; 0: now. */
  admit(network: string, caller: string, nowMs: number): number {
    const key = `${network} ${caller}`;
    this.#known.delete(key);
    this.#known.set(key, nowMs);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    return this.#requests.take(caller, nowMs);
  }

  #isKnown(network: string, caller: string | undefined, nowMs: number): boolean {
    const seenMs = this.#known.get(`${network} ${caller ?? ''}`);
    return caller !== undefined && seenMs !== undefined && nowMs - seenMs < KNOWN_FOR_MS;
  }
}
