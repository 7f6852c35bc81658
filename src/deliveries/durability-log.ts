import type { Logger } from '@nestjs/common';

/** Where webhooks are made durable. */
export type Place = 'database' | 'spool' | 'nowhere';

const RANK: Readonly<Record<Place, number>> = { database: 0, spool: 1, nowhere: 2 };
/** A better place counts once it has been the only one for so long: trouble that comes and goes must not fill the log. */
const SETTLED_AFTER_MS = 2_000;

/** Tells when webhooks begin to be made durable elsewhere: what is worse at once, what is better when it has lasted. */
export class DurabilityLog {
  #place: Place = 'database';
  /** When a place was last taken that is no better than the one told of. */
  #worseAtMs = 0;

  constructor(private readonly logger: Pick<Logger, 'log' | 'warn' | 'error'>) {}

  get place(): Place {
    return this.#place;
  }

  /** @param why for what is worse than before */
  note(place: Place, nowMs: number, why = ''): void {
    const worse = RANK[place] - RANK[this.#place];
    if (worse >= 0 && place !== 'database') this.#worseAtMs = nowMs;
    if (worse === 0 || (worse < 0 && nowMs - this.#worseAtMs < SETTLED_AFTER_MS)) return;
    this.#place = place;
    this.#worseAtMs = nowMs;
    if (place === 'nowhere') {
      this.logger.error(`Webhooks cannot be made durable and are answered 503: ${why}`);
    } else if (place === 'spool') {
      this.logger.warn(
        worse > 0
          ? `Webhooks are kept in the spool: ${why}`
          : 'Webhooks are made durable again: in the spool',
      );
    } else {
      this.logger.log('Webhooks are made durable again: in the database');
    }
  }
}
