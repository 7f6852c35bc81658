import {
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { EndpointDirectory } from '../endpoints/endpoint-directory.js';
import type { Relay } from '../relay/relay.js';
import type { PointsClerk } from '../points/points-clerk.js';
import type { SettlementQueue } from '../queue/settlement-queue.js';
import type { ShareEventHandlers } from '../transports/share-event-handlers.js';
import { serveHandlers } from './serve-handlers.js';
import type { SettlementModuleOptions } from './settlement-options.js';
import type { SettlementWorker } from './settlement-worker.js';

/** Everything stops within 10 s; the worker's jobs, the clerk's and the relay's batch may take this much of it, side by side. */
const STOP_LIMIT_MS = 5_000;
const ENDPOINTS_LIMIT_MS = 1_000;

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
    private readonly handlers: ShareEventHandlers,
    private readonly endpoints: EndpointDirectory | undefined,
    private readonly options: SettlementModuleOptions,
  ) {
    this.#does = new Set(options.roles ?? ['worker', 'relay']);
  }

  /** @throws {ShareEventHandlerError} before anything has started */
  onApplicationBootstrap(): void {
    const handlers = serveHandlers(this.handlers.find(), this.relay, this.options);
    if (this.#does.has('worker')) {
      this.#sayWhatIsLeftAside();
      this.worker.start(handlers);
      this.clerk.start();
    }
    if (this.#does.has('relay')) {
      this.relay.start();
      this.endpoints?.start();
    }
  }

  /** Otherwise one worker that was forgotten would be noticed by users alone. */
  #sayWhatIsLeftAside(): void {
    if ((this.options.intentSigningKeys ?? []).length > 0) return;
    new Logger('SettlementWorker').warn(
      'Shares that carry an intent are left to workers with INTENT_SIGNING_KEYS: this one has none.',
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([
      this.worker.stop(STOP_LIMIT_MS),
      this.clerk.stop(STOP_LIMIT_MS),
      this.#stopRelay(),
    ]);
  }

  async #stopRelay(): Promise<void> {
    // It gives the relay something to do, and takes no time itself.
    await this.endpoints?.stop(ENDPOINTS_LIMIT_MS);
    await this.relay.stop(STOP_LIMIT_MS - ENDPOINTS_LIMIT_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.queue.close();
  }
}
