import type {
  BeforeApplicationShutdown,
  OnApplicationBootstrap,
  OnApplicationShutdown,
} from '@nestjs/common';
import type { Relay } from '../events/relay.js';
import type { PointsClerk } from '../points/points-clerk.js';
import type { SettlementQueue } from '../queue/settlement-queue.js';
import type { SettlementModuleOptions } from './settlement-options.js';
import type { SettlementWorker } from './settlement-worker.js';

/** Everything stops within 10 s; the worker's jobs, the clerk's and the relay's batch may take this much of it, side by side. */
const STOP_LIMIT_MS = 5_000;

/** Starts workers, clerk and relay with the application and stops them while its database is still open. */
export class SettlementLifecycle
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  readonly #does: ReadonlySet<'worker' | 'relay'>;

  constructor(
    private readonly worker: SettlementWorker,
    private readonly clerk: PointsClerk,
    private readonly relay: Relay,
    private readonly queue: SettlementQueue,
    options: SettlementModuleOptions,
  ) {
    this.#does = new Set(options.roles ?? ['worker', 'relay']);
  }

  onApplicationBootstrap(): void {
    if (this.#does.has('worker')) {
      this.worker.start();
      this.clerk.start();
    }
    if (this.#does.has('relay')) this.relay.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(
      [this.worker, this.clerk, this.relay].map((part) => part.stop(STOP_LIMIT_MS)),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.queue.close();
  }
}
