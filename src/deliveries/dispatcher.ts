import type { Logger } from '@nestjs/common';
import { describeError } from '../database/database-errors.js';
import type { SettlementQueue } from '../queue/settlement-queue.js';

/** Adds under way at once. A store that hangs must not gather promises; what is skipped the sweeper finds. */
const MAX_ADDS_AT_ONCE = 50;

/** Asks for settlement right after a commit. Best effort: the delivery is durable already and its lease runs out. */
export class Dispatcher {
  readonly #underWay = new Set<Promise<void>>();
  #failing = false;

  constructor(
    private readonly queue: SettlementQueue,
    private readonly logger: Logger,
  ) {}

  /** Adds one job that names these deliveries, accepted together; does not wait for it. */
  dispatch(deliveryIds: readonly string[]): void {
    if (deliveryIds.length === 0) return;
    if (this.#underWay.size >= MAX_ADDS_AT_ONCE) return;
    const adding = this.#add(deliveryIds).finally(() => this.#underWay.delete(adding));
    this.#underWay.add(adding);
  }

  /** Waits for the adds under way, each of them bounded by the queue's own time limit. */
  async drain(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** A store in trouble is told once, and once more when it works again: a burst must not fill the log. */
  async #add(deliveryIds: readonly string[]): Promise<void> {
    try {
      await this.queue.add([deliveryIds]);
      if (this.#failing) this.logger.log('Settlement jobs are added again');
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        this.logger.warn(
          `No settlement jobs can be added, the sweeper will ask: ${describeError(error)}`,
        );
      this.#failing = true;
    }
  }
}
