import type { Logger } from '@nestjs/common';
import { describeError } from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import { within } from '../lifecycle/within.js';
import { databaseShareMs, spoolShareMs, timeLeftMs } from './accept-budget.js';
import { Breaker, type BreakerState } from './breaker.js';
import { CommitLine, NotAskedError } from './commit-line.js';
import type { Acceptance, Delivery } from './delivery.js';
import type { Dispatcher } from './dispatcher.js';
import { DurabilityLog, type Place } from './durability-log.js';
import { KeptFirsts } from './kept-firsts.js';
import type { Lifeboat } from './lifeboat.js';

/** What is kept of a webhook beside its query and body, at the most by far. */
const HEAD_BYTES = 16 * 1024;

/** No durable place was left for a delivery. */
export class NotDurableError extends Error {
  readonly code = 'KAKAO_SHARE_NOT_DURABLE';
  override readonly name = 'NotDurableError';
  constructor(reason: string, options?: ErrorOptions) {
    super(
      `The delivery could not be made durable: ${reason}. Check the database and the spool.`,
      options,
    );
  }
}

/** How taking in goes, for health and metrics. */
export interface InboxStanding {
  /** Open: the database is given up for the moment. */
  readonly breaker: BreakerState;
  /** Webhooks that wait for the database. */
  readonly waiting: number;
  /** Where webhooks were made durable lately. */
  readonly place: Place;
}

/** What became of a delivery, and where it is. */
export interface Kept extends Acceptance {
  readonly place: Exclude<Place, 'nowhere'>;
}

export interface InboxOptions {
  /** How long after its receipt a webhook is answered at the latest, ms. */
  readonly acceptTimeoutMs: number;
  /** Undefined: what the database does not commit is refused. */
  readonly lifeboat?: Lifeboat | undefined;
  /** Called when the database commits again after a time without. */
  readonly onRecovered?: () => void;
}

/** Makes deliveries durable: in the database, or else in the spool, from where they get there under the same id. */
export class Inbox {
  readonly #breaker = new Breaker();
  readonly #line: CommitLine;
  readonly #log: DurabilityLog;
  readonly #firsts = new KeptFirsts();
  readonly #accepting = new Set<Promise<unknown>>();
  /** Something went to the spool since the database last committed. */
  #isSpooling = false;

  constructor(
    private readonly database: Database,
    dispatcher: Dispatcher,
    private readonly options: InboxOptions,
    logger: Logger,
  ) {
    this.#log = new DurabilityLog(logger);
    this.#line = new CommitLine(
      database,
      dispatcher,
      options.lifeboat === undefined ? 'quarantine' : 'leave',
      {
        succeeded: () => {
          const wasAway = this.#isSpooling || this.#breaker.state !== 'closed';
          this.databaseCommits();
          if (wasAway) options.onRecovered?.();
        },
        failed: () => {
          this.#breaker.failed(performance.now());
          if (this.#breaker.state === 'open' && options.lifeboat !== undefined) this.#line.clear();
        },
      },
    );
  }

  /**
   * Resolves once the delivery is flushed to a disk.
   * @param arrivedAtMs when its first byte came, by `performance.now()`: Kakao's time runs since then
   * @throws {NotDurableError} when it could not be in time; it may still be, which harms nobody
   */
  async accept(delivery: Delivery, arrivedAtMs = performance.now()): Promise<Kept> {
    const accepting = this.#accept(delivery, arrivedAtMs);
    this.#accepting.add(accepting);
    try {
      return await accepting;
    } finally {
      this.#accepting.delete(accepting);
    }
  }

  standing(): InboxStanding {
    return {
      breaker: this.#breaker.state,
      waiting: this.#line.waiting,
      place: this.#log.place,
    };
  }

  /** Whoever has committed something else says so: then webhooks go to the database again. */
  databaseCommits(): void {
    this.#isSpooling = false;
    this.#breaker.succeeded();
  }

  /** Waits until everything that was taken has its answer. */
  async flush(limitMs: number): Promise<void> {
    await within(limitMs, 'flushing the inbox', Promise.allSettled(this.#accepting)).catch(
      () => undefined,
    );
  }

  async #accept(delivery: Delivery, arrivedAtMs: number): Promise<Kept> {
    const { lifeboat } = this.options;
    const mayBeKept = lifeboat?.takes(delivery.query.length + delivery.body.length + HEAD_BYTES);
    const shareMs = databaseShareMs(this.#timeLeftMs(arrivedAtMs), mayBeKept === true);
    try {
      if (lifeboat !== undefined) this.#requireHope(shareMs);
      return await this.#commit(delivery, shareMs);
    } catch (error) {
      if (lifeboat === undefined) throw this.#notDurable(error);
      return this.#keep(lifeboat, delivery, arrivedAtMs, error);
    }
  }

  /** @throws {NotAskedError} when the time is better spent on the spool */
  #requireHope(shareMs: number): void {
    if (shareMs === 0) throw new NotAskedError('The body took the time that the database needs.');
    if (!this.database.dataSource.isInitialized) {
      throw new NotAskedError('The data source is not initialised.');
    }
    if (!this.#breaker.mayAsk(performance.now())) {
      throw new NotAskedError('The database does not commit at the moment.');
    }
  }

  async #commit(delivery: Delivery, limitMs: number): Promise<Kept> {
    const acceptance = await this.#line.commit(delivery, limitMs);
    this.#log.note('database', performance.now());
    return { ...acceptance, place: 'database' };
  }

  async #keep(
    lifeboat: Lifeboat,
    delivery: Delivery,
    arrivedAtMs: number,
    cause: unknown,
  ): Promise<Kept> {
    try {
      await lifeboat.keep(delivery, spoolShareMs(this.#timeLeftMs(arrivedAtMs)));
    } catch (error) {
      return this.#insist(delivery, arrivedAtMs, cause, error);
    }
    this.#isSpooling = true;
    this.#log.note('spool', performance.now(), describeError(cause));
    const { problems } = delivery;
    const deliveryId = this.#firsts.idFor(delivery);
    const status = problems.length > 0 ? 'quarantined' : 'accepted';
    return { status, deliveryId, problems, place: 'spool' };
  }

  /** A database that was given up is asked all the same when nothing else is left. */
  async #insist(
    delivery: Delivery,
    arrivedAtMs: number,
    cause: unknown,
    spoolError: unknown,
  ): Promise<Kept> {
    if (!(cause instanceof NotAskedError)) throw this.#notDurable(cause, spoolError);
    try {
      return await this.#commit(delivery, this.#timeLeftMs(arrivedAtMs));
    } catch (error) {
      throw this.#notDurable(error, spoolError);
    }
  }

  #notDurable(databaseError: unknown, spoolError?: unknown): NotDurableError {
    const why = [databaseError, spoolError]
      .filter((error) => error !== undefined)
      .map(describeError)
      .join('; ');
    this.#log.note('nowhere', performance.now(), why);
    return new NotDurableError('nothing took it in time', { cause: databaseError });
  }

  #timeLeftMs(arrivedAtMs: number): number {
    return timeLeftMs(arrivedAtMs, performance.now(), this.options.acceptTimeoutMs);
  }
}
