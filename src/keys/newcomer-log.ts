import type { Logger } from '@nestjs/common';
import type { Remembered } from './unknown-key-ring.js';

/** Strangers who try keys must not fill the log. */
const QUIET_MS = 10_000;

/** Tells of each unknown key that found a place, once, at most one in so many seconds; the one that is hit most first. */
export class NewcomerLog {
  readonly #told = new WeakSet<Remembered>();
  #lastToldMs = -Infinity;

  constructor(private readonly logger: Pick<Logger, 'warn'>) {}

  tell(keys: readonly Remembered[], nowMs: number): void {
    if (nowMs - this.#lastToldMs < QUIET_MS) return;
    const untold = keys.filter((key) => !this.#told.has(key));
    const [first] = untold.sort((one, other) => other.weight - one.weight);
    if (first === undefined) return;
    this.#told.add(first);
    this.#lastToldMs = nowMs;
    this.logger.warn(
      `A webhook in Kakao's shape came with a key that no app has: fingerprint ${first.fingerprint}. If it is yours, ` +
        'put the key in force and replay: /v1/unknown-keys',
    );
  }
}
