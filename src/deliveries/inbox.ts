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

  constructor(
    private readonly database: Database,
    private readonly dispatcher: Dispatcher,
    private readonly acceptTimeoutMs: number,
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
    try {
      const acceptances = await acceptBatch(
        this.database,
        batch.map(({ delivery }) => delivery),
      );
      this.dispatcher.dispatch(
        acceptances.filter(({ status }) => status !== 'duplicate').map((a) => a.deliveryId),
      );
      batch.forEach(({ resolve, reject }, index) => {
        const acceptance = acceptances[index];
        if (acceptance === undefined) reject(new Error('A delivery was left unanswered.'));
        else resolve(acceptance);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
