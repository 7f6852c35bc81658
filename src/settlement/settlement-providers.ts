import { Logger, type Provider } from '@nestjs/common';
import { Database } from '../database/database.js';
import { BullmqTransport } from '../events/bullmq-transport.js';
import { Relay } from '../events/relay.js';
import { ShareEvents } from '../events/share-events.js';
import type { EventTransport } from '../events/transport.js';
import { IntentSigningKeys } from '../intents/signing-keys.js';
import { PointsClerk } from '../points/points-clerk.js';
import { QueueStore } from '../queue/queue-store.js';
import { SettlementQueue } from '../queue/settlement-queue.js';
import { SettlementLifecycle } from './settlement-lifecycle.js';
import {
  DEFAULT_CONCURRENCY,
  type EventTransportName,
  type SettlementModuleOptions,
} from './settlement-options.js';
import { SettlementWorker } from './settlement-worker.js';
import { Settler } from './settler.js';

/** What the module was given. */
export const OPTIONS = Symbol('kakao-share:settlement-options');
const DEFAULT_TRANSPORTS: readonly EventTransportName[] = ['in-process'];

/** The workers, the clerk and the relay, from options and the application's data source. */
export const SETTLEMENT_PROVIDERS: Provider[] = [
  {
    provide: QueueStore,
    inject: [OPTIONS],
    useFactory: ({ queue }: SettlementModuleOptions) => new QueueStore(queue),
  },
  {
    provide: SettlementQueue,
    inject: [QueueStore],
    useFactory: (store: QueueStore) => new SettlementQueue(store),
  },
  {
    provide: Relay,
    inject: [Database, QueueStore, ShareEvents, OPTIONS],
    useFactory: (
      database: Database,
      store: QueueStore,
      shareEvents: ShareEvents,
      options: SettlementModuleOptions,
    ) =>
      new Relay(
        database,
        transportNames(options).map((name) => openTransport(name, store, shareEvents)),
        new Logger('Relay'),
      ),
  },
  {
    provide: Settler,
    inject: [Database, SettlementQueue, Relay, OPTIONS],
    useFactory: (
      database: Database,
      queue: SettlementQueue,
      relay: Relay,
      { intentSigningKeys = [] }: SettlementModuleOptions,
    ) =>
      new Settler(
        database,
        queue,
        new Logger('Settler'),
        () => {
          relay.wake();
        },
        intentSigningKeys.length === 0 ? undefined : new IntentSigningKeys(intentSigningKeys),
      ),
  },
  {
    provide: SettlementWorker,
    inject: [Database, QueueStore, SettlementQueue, Settler, OPTIONS],
    useFactory: (
      database: Database,
      store: QueueStore,
      queue: SettlementQueue,
      settler: Settler,
      options: SettlementModuleOptions,
    ) =>
      new SettlementWorker({
        database,
        store,
        queue,
        settler,
        destinations: transportNames(options),
        concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
        logger: new Logger('SettlementWorker'),
      }),
  },
  {
    provide: PointsClerk,
    inject: [Database, Relay],
    useFactory: (database: Database, relay: Relay) =>
      new PointsClerk(database, new Logger('PointsClerk'), () => {
        relay.wake();
      }),
  },
  {
    provide: SettlementLifecycle,
    inject: [SettlementWorker, PointsClerk, Relay, SettlementQueue, OPTIONS],
    useFactory: (
      worker: SettlementWorker,
      clerk: PointsClerk,
      relay: Relay,
      queue: SettlementQueue,
      options: SettlementModuleOptions,
    ) => new SettlementLifecycle(worker, clerk, relay, queue, options),
  },
];

function transportNames(options: SettlementModuleOptions): readonly EventTransportName[] {
  return options.eventTransports ?? DEFAULT_TRANSPORTS;
}

function openTransport(
  name: EventTransportName,
  store: QueueStore,
  shareEvents: ShareEvents,
): EventTransport {
  return name === 'bullmq' ? new BullmqTransport(store) : shareEvents;
}
