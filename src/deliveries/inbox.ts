import type { Logger } from '@nestjs/common';
import { describeError } from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import { within } from '../lifecycle/within.js';
import { MAX_DELIVERIES_PER_JOB } from '../queue/settlement-queue.js';
import { acceptBatch } from './accept-batch.js';
import type { Acceptance, Delivery } from './delivery.js';
import type { Dispatcher } from './dispatcher.js';

/** No durable place was left for a delivery. */
export class NotDurableError extends Error {
  readonly code = 'KAKAO_SHARE_NOT_DURABLE';
  override readonly name = 'NotDurableError';
  constructor(reason: string, options?: ErrorOptions) {
    super(`The delivery could not be made durable: ${reason}. Check the database.`, options);
  }
}

/** While one insert is on its way to disk the next one gathers; more at once would only make them smaller. */
const MAX_INSERTS_AT_ONCE = 2;
/** Requests held in memory. At 64 KiB each this is the most that waiting ones may take: 128 MiB. */
const MAX_WAITING = 2_000;

interface Waiting {
  readonly delivery: Delivery;
  readonly resolve: (acceptance: Acceptance) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes deliveries durable. Concurrent requests share one insert: whatever gathers while an insert is on its way goes
 * with the next one, so a single request waits for nobody and a burst costs few commits.
 */
export class Inbox {
  readonly #waiting: Waiting[] = [];
  #insertsUnderWay = 0;
  #failing = false;

  constructor(
    private readonly database: Database,
    private readonly dispatcher: Dispatcher,
    private readonly acceptTimeoutMs: number,
    private readonly logger: Logger,
  ) {}

  /**
   * Resolves once the delivery is committed and flushed.
   * @throws {NotDurableError} when it could not be committed in time; it may still be, which harms nobody
   */
  async accept(delivery: Delivery): Promise<Acceptance> {
    if (this.#waiting.length >= MAX_WAITING) throw new NotDurableError('too many are waiting');
    const accepted = new Promise<Acceptance>((resolve, reject) => {
      this.#waiting.push({ delivery, resolve, reject });
    });
    this.#insertNext();
    try {
      return await within(this.acceptTimeoutMs, 'committing a delivery', accepted);
    } catch (error) {
      throw new NotDurableError('the database did not commit it in time', { cause: error });
    }
  }

  #insertNext(): void {
    if (this.#insertsUnderWay >= MAX_INSERTS_AT_ONCE || this.#waiting.length === 0) return;
    this.#insertsUnderWay++;
    void this.#insert(this.#waiting.splice(0, MAX_DELIVERIES_PER_JOB)).finally(() => {
      this.#insertsUnderWay--;
      this.#insertNext();
    });
  }

  async #insert(batch: readonly Waiting[]): Promise<void> {
    const results = await acceptBatch(
      this.database,
      batch.map(({ delivery }) => delivery),
    );
    const stored = results.filter((result): result is Acceptance => !(result instanceof Error));
    this.dispatcher.dispatch(
      stored.filter(({ status }) => status !== 'duplicate').map(({ deliveryId }) => deliveryId),
    );
    this.#tell(results.find((result): result is Error => result instanceof Error));
    batch.forEach(({ resolve, reject }, index) => {
      const result = results[index];
      if (result === undefined || result instanceof Error) reject(result);
      else resolve(result);
    });
  }

  /** A webhook that was not stored is lost: why is told at once, but not again for each one until it works again. */
  #tell(failure: Error | undefined): void {
    if (failure !== undefined && !this.#failing) {
      this.logger.error(
        `Webhooks cannot be made durable and are answered 503: ${describeError(failure)}`,
      );
    }
    if (failure === undefined && this.#failing) this.logger.log('Webhooks are made durable again');
    this.#failing = failure !== undefined;
  }
}
