/** So much at once, and so much again each second. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

/** Some megabytes at most. Whoever was quiet for longest is forgotten first, and starts with a full bucket again. */
const MAX_KEYS = 20_000;

/** Limits how often something may happen per key. */
export class TokenBuckets {
  /** The one used last stands last. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(
    private readonly rate: Rate,
    private readonly maxKeys = MAX_KEYS,
  ) {}

  /** Takes one token: 0 when there was one, otherwise after how many seconds there will be. */
  take(key: string, nowMs: number): number {
    const refilled = this.#refilled(key, nowMs);
    const isTaken = refilled >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: isTaken ? refilled - 1 : refilled, atMs: nowMs });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > this.maxKeys && oldest !== undefined) this.#buckets.delete(oldest);
    return isTaken ? 0 : this.#secondsUntilOne(refilled);
  }

  /** What `take` would say, taking nothing. */
  wait(key: string, nowMs: number): number {
    const refilled = this.#refilled(key, nowMs);
    return refilled >= 1 ? 0 : this.#secondsUntilOne(refilled);
  }

  #refilled(key: string, nowMs: number): number {
    const { burst, perSecond } = this.rate;
    const { tokens, atMs } = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    return Math.min(burst, tokens + (Math.max(0, nowMs - atMs) / 1_000) * perSecond);
  }

  #secondsUntilOne(tokens: number): number {
    return Math.ceil((1 - tokens) / this.rate.perSecond);
  }
}
