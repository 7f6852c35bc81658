import { isLockTimeout } from '../database/database-errors.js';
import type { Transactor } from '../database/database.js';
import { DeadlineError } from '../lifecycle/within.js';
import { MAX_DELIVERIES_PER_JOB } from '../queue/settlement-queue.js';
import { acceptBatch, type HeldKeys } from './accept-batch.js';
import type { Acceptance, Delivery } from './delivery.js';
import type { Dispatcher } from './dispatcher.js';

/** While one insert is on its way to disk the next one gathers; more at once would only make them smaller. */
const MAX_INSERTS_AT_ONCE = 2;
/** Requests held in memory. With 64 KiB of body, and as much of query, this is the most that they may take: 256 MiB. */
const MAX_WAITING = 2_000;

/** There is no point in waiting for the database. */
export class NotAskedError extends Error {
  readonly code = 'KAKAO_SHARE_NOT_ASKED';
  override readonly name = 'NotAskedError';
}

interface Waiting {
  readonly delivery: Delivery;
  readonly deadlineMs: number;
  readonly resolve: (acceptance: Acceptance) => void;
  readonly reject: (error: Error) => void;
}

/** Hears how the database does. */
export interface CommitObserver {
  succeeded(): void;
  failed(): void;
}

/**
 * Commits deliveries. Concurrent requests share one insert: whatever gathers while an insert is on its way goes with the next
 * one, so a single request waits for nobody and a burst costs few commits.
 */
export class CommitLine {
  #waiting: Waiting[] = [];
  #insertsUnderWay = 0;

  constructor(
    private readonly database: Transactor,
    private readonly dispatcher: Dispatcher,
    private readonly heldKeys: HeldKeys,
    private readonly observer: CommitObserver,
  ) {}

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves once the delivery is committed and flushed.
   * @throws when it is not within `limitMs`: then it waits no longer, but what is under way may still be committed
   */
  async commit(delivery: Delivery, limitMs: number): Promise<Acceptance> {
    if (this.#waiting.length >= MAX_WAITING) {
      throw new NotAskedError('Too many webhooks wait for the database.');
    }
    return new Promise<Acceptance>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#leave(waiting);
        this.observer.failed();
        reject(new DeadlineError(`committing a delivery took longer than ${limitMs} ms`));
      }, limitMs);
      const waiting: Waiting = {
        delivery,
        deadlineMs: performance.now() + limitMs,
        resolve: (acceptance) => {
          clearTimeout(timer);
          resolve(acceptance);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#waiting.push(waiting);
      this.#insertNext();
    });
  }

  /** Sends everybody away for whom no insert has begun. */
  clear(): void {
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new NotAskedError('The database does not commit at the moment.'));
    }
  }

  #leave(waiting: Waiting): void {
    const index = this.#waiting.indexOf(waiting);
    if (index !== -1) this.#waiting.splice(index, 1);
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
      // The last one's: those before it give up by themselves.
      { deadlineMs: Math.max(...batch.map((one) => one.deadlineMs)), heldKeys: this.heldKeys },
    );
    const stored = results.filter((result): result is Acceptance => !(result instanceof Error));
    this.dispatcher.dispatch(
      stored.filter(({ status }) => status !== 'duplicate').map(({ deliveryId }) => deliveryId),
    );
    // A key that somebody holds says nothing about the database.
    if (stored.length > 0) this.observer.succeeded();
    else if (!results.every(isLockTimeout)) this.observer.failed();
    batch.forEach(({ resolve, reject }, index) => {
      const result = results[index];
      if (result instanceof Error) reject(result);
      else if (result !== undefined) resolve(result);
    });
  }
}
