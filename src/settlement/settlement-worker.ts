import type { Logger } from '@nestjs/common';
import type { Database } from '../database/database.js';
import { requireCurrentSchema } from '../database/schema-state.js';
import { sweep } from '../deliveries/sweep.js';
import {
  DestinationLeavingError,
  ensureDestinations,
  type Destination,
} from '../relay/destinations.js';
import type { Age } from '../lifecycle/age.js';
import { BackgroundLoop } from '../lifecycle/background-loop.js';
import type { JobWorker, QueueStore } from '../queue/queue-store.js';
import {
  openSettlementWorker,
  type SettleJob,
  type SettlementQueue,
} from '../queue/settlement-queue.js';
import type { Settler } from './settler.js';

/** How long a delivery without a job waits at most, beyond its lease. */
const SWEEP_INTERVAL_MS = 5_000;
/** After a sweep that found something: a lost queue's deliveries come in many sweeps, each bounded by the queue's length. */
const NEXT_SWEEP_MS = 250;

export interface SettlementWorkerParts {
  readonly database: Database;
  readonly store: QueueStore;
  readonly queue: SettlementQueue;
  readonly settler: Settler;
  /** Destinations that must be known before anything is settled, so that they hear of it; `start` names more. */
  readonly destinations: readonly Destination[];
  /** Of the process: of several, the youngest one says what a destination hears of. */
  readonly age: Age;
  readonly concurrency: number;
  readonly logger: Logger;
}

/** Settles what the queue names and sweeps what it does not. Starts as soon as database and queue store are there. */
export class SettlementWorker {
  readonly #sweeper: BackgroundLoop;
  #worker: JobWorker<SettleJob> | undefined;
  #alsoKnown: readonly Destination[] = [];
  #hasMadeKnown = false;

  constructor(private readonly parts: SettlementWorkerParts) {
    this.#sweeper = new BackgroundLoop('settlement sweeper', () => this.#sweep(), parts.logger);
  }

  /** @param alsoKnown destinations that were found when the application was put together */
  start(alsoKnown: readonly Destination[] = []): void {
    this.#alsoKnown = alsoKnown;
    this.#sweeper.start();
  }

  /** Takes no new job, finishes those at hand within `limitMs`; what is left over stays open in the database. */
  async stop(limitMs: number): Promise<void> {
    await this.#sweeper.stop(limitMs / 2);
    if (this.#worker === undefined) return;
    await this.parts.store.close(Promise.resolve(this.#worker), limitMs / 2);
  }

  async #sweep(): Promise<number> {
    const { database, queue, logger } = this.parts;
    this.#worker ??= await this.#open();
    const swept = await sweep(database, queue);
    if (swept > 0) logger.log(`Asked again for ${swept} deliveries that no job would settle`);
    return swept > 0 ? NEXT_SWEEP_MS : SWEEP_INTERVAL_MS;
  }

  /**
   * Once, however often the queue store is tried: what goes later is its relay's to begin anew. Settling waits for none that is
   * just being removed either.
   */
  async #makeKnown(): Promise<void> {
    if (this.#hasMadeKnown) return;
    const { database, destinations, age, logger } = this.parts;
    for (const destination of [...destinations, ...this.#alsoKnown]) {
      try {
        await ensureDestinations(database, [destination], age);
      } catch (error) {
        if (!(error instanceof DestinationLeavingError)) throw error;
        logger.warn(error.message);
      }
    }
    this.#hasMadeKnown = true;
  }

  async #open(): Promise<JobWorker<SettleJob>> {
    const { database, store, settler, concurrency, logger } = this.parts;
    await requireCurrentSchema(database);
    await this.#makeKnown();
    const worker = await openSettlementWorker(
      store,
      (deliveryIds) => settler.settle(deliveryIds),
      concurrency,
    );
    logger.log(`Settling, ${concurrency} jobs at a time, queue on ${store.kind}`);
    return worker;
  }
}
