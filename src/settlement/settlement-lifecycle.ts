import {
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
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
    private readonly options: SettlementModuleOptions,
  ) {
    this.#does = new Set(options.roles ?? ['worker', 'relay']);
  }

  onApplicationBootstrap(): void {
    if (this.#does.has('worker')) {
      this.#sayWhatIsLeftAside();
      this.worker.start();
      this.clerk.start();
    }
    if (this.#does.has('relay')) this.relay.start();
  }

  /** Otherwise one worker that was forgotten would be noticed by users alone. */
  #sayWhatIsLeftAside(): void {
    if ((this.options.intentSigningKeys ?? []).length > 0) return;
    new Logger('SettlementWorker').warn(
      'Shares that carry an intent are left to workers with INTENT_SIGNING_KEYS: this one has none.',
    );
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
