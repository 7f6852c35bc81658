import { within } from '../lifecycle/within.js';

/** A scraper waits some seconds in all, and asks everything at once. */
const LIMIT_MS = 1_000;
/** Several scrapers, or an impatient one, cost the database no more than one. */
const FRESH_MS = 5_000;

/**
 * Reads something that may be away, for a page that must not wait: once at a time, within a limit, and not again while the last
 * answer is fresh. A read that hangs is waited for by nobody, and no second one is begun beside it.
 */
export class TimedRead<T> {
  #underWay: Promise<T> | undefined;
  #last: { readonly value: T; readonly atMs: number } | undefined;

  constructor(
    private readonly what: string,
    private readonly read: () => Promise<T>,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** @throws when it cannot be read now */
  async value(): Promise<T> {
    if (this.#last !== undefined && this.nowMs() - this.#last.atMs < FRESH_MS)
      return this.#last.value;
    this.#underWay ??= this.#begin();
    return within(LIMIT_MS, this.what, this.#underWay);
  }

  #begin(): Promise<T> {
    const reading = this.read()
      .then((value) => {
        this.#last = { value, atMs: this.nowMs() };
        return value;
      })
      .finally(() => {
        this.#underWay = undefined;
      });
    // Nobody may be waiting any more when it fails.
    reading.catch(() => undefined);
    return reading;
  }
}
