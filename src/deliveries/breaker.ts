/** One slow commit says little; these many in a row, of whatever request, say that the next one would wait in vain too. */
const OPENS_AFTER = 3;
/** Seldom enough that a database in trouble is left alone, often enough to be back at once. */
const PROBE_EVERY_MS = 1_000;

/** `probing`: one is under way, and decides. */
export type BreakerState = 'closed' | 'open' | 'probing';

/**
 * Says whether asking the database is worth the time that Kakao gives. Pure but for what it remembers: time is passed in, from one
 * monotonic clock.
 */
export class Breaker {
  #failures = 0;
  #openedAtMs = 0;
  #state: BreakerState = 'closed';

  get state(): BreakerState {
    return this.#state;
  }

  /** While it is open one in a second may ask, as a probe; everybody else must not. */
  mayAsk(nowMs: number): boolean {
    if (this.#state === 'closed') return true;
    // A probe whose end nobody told is forgotten after the same time.
    if (nowMs - this.#openedAtMs < PROBE_EVERY_MS) return false;
    this.#state = 'probing';
    this.#openedAtMs = nowMs;
    return true;
  }

  /** The database has committed something, whoever asked. */
  succeeded(): void {
    this.#failures = 0;
    this.#state = 'closed';
  }

  /** It has not, or not in time. */
  failed(nowMs: number): void {
    this.#failures++;
    if (this.#state === 'closed' && this.#failures < OPENS_AFTER) return;
    if (this.#state !== 'open') this.#openedAtMs = nowMs;
    this.#state = 'open';
  }
}
