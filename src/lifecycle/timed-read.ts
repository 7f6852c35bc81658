import { within } from './within.js';

export interface TimedReadTimes {
  /** How long anybody waits, ms. */
  readonly limitMs: number;
  /** How long an answer serves those who ask after it, ms. */
  readonly freshMs: number;
}

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
    private readonly times: TimedReadTimes,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** @throws when it cannot be read now */
  async value(): Promise<T> {
    const { limitMs, freshMs } = this.times;
    if (this.#last !== undefined && this.nowMs() - this.#last.atMs < freshMs)
      return this.#last.value;
    this.#underWay ??= this.#begin();
    return within(limitMs, this.what, this.#underWay);
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
