import type { Logger } from '@nestjs/common';
import { describeError } from '../database/database-errors.js';
import { within } from '../lifecycle/within.js';
import { MAX_DELIVERIES_PER_JOB, type SettlementQueue } from '../queue/settlement-queue.js';

/** Ids that wait while jobs are being added. A store that hangs must not gather more; what is skipped the sweeper finds. */
const MAX_WAITING = 20_000;
const MAX_JOBS_PER_ADD = 10;

/**
 * Asks for settlement right after a commit. Best effort: the delivery is durable already and its lease runs out.
 * One add at a time: what is committed meanwhile goes with the next one, so a burst makes few jobs, and full ones.
 */
export class Dispatcher {
  readonly #waiting: string[] = [];
  #adding: Promise<void> | undefined;
  #failing = false;

  constructor(
    private readonly queue: SettlementQueue,
    private readonly logger: Logger,
    private readonly maxWaiting = MAX_WAITING,
  ) {}

  /** Asks for the settlement of these deliveries; does not wait for it. */
  dispatch(deliveryIds: readonly string[]): void {
    if (deliveryIds.length === 0) return;
    if (this.#waiting.length + deliveryIds.length > this.maxWaiting) return;
    this.#waiting.push(...deliveryIds);
    this.#adding ??= this.#addWaiting().finally(() => {
      this.#adding = undefined;
    });
  }

  /** Waits until everything is asked for, but no longer than this: what is not, the sweeper finds. */
  async drain(limitMs: number): Promise<void> {
    await within(limitMs, 'asking for settlement', this.#adding ?? Promise.resolve()).catch(
      (error: unknown) => {
        this.logger.warn(describeError(error));
      },
    );
  }

  /** A store in trouble is told once, and once more when it works again: a burst must not fill the log. */
  async #addWaiting(): Promise<void> {
    try {
      while (this.#waiting.length > 0) await this.queue.add(this.#takeJobs());
      if (this.#failing) this.logger.log('Settlement jobs are added again');
      this.#failing = false;
    } catch (error) {
      this.#waiting.length = 0;
      if (!this.#failing) {
        this.logger.warn(
          `No settlement jobs can be added, the sweeper will ask: ${describeError(error)}`,
        );
      }
      this.#failing = true;
    }
  }

  #takeJobs(): string[][] {
    const jobs: string[][] = [];
    while (this.#waiting.length > 0 && jobs.length < MAX_JOBS_PER_ADD) {
      jobs.push(this.#waiting.splice(0, MAX_DELIVERIES_PER_JOB));
    }
    return jobs;
  }
}
