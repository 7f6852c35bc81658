import { Logger, type Provider } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { EndpointDirectory } from '../endpoints/endpoint-directory.js';
import { DEFAULT_RETENTION_DAYS, Relay } from '../relay/relay.js';
import { openTransports } from '../transports/open-transport.js';
import { ShareEventHandlers } from '../transports/share-event-handlers.js';
import { ShareEvents } from '../transports/share-events.js';
import type { EventTransport } from '../relay/event-transport.js';
import { signingKeysOf } from '../intents/signing-keys.js';
import { startAge } from '../lifecycle/age.js';
import { PointsClerk } from '../points/points-clerk.js';
import { QueueStore } from '../queue/queue-store.js';
import { SettlementQueue } from '../queue/settlement-queue.js';
import { serveEndpoints } from './serve-endpoints.js';
import { SettlementLifecycle } from './settlement-lifecycle.js';
import { DEFAULT_CONCURRENCY, type SettlementModuleOptions } from './settlement-options.js';
import { SettlementWorker } from './settlement-worker.js';
import { Settler } from './settler.js';

/** What the module was given. */
export const OPTIONS = Symbol('kakao-share:settlement-options');
/** Where this process tells events, and what is settled must be told. */
const TRANSPORTS = Symbol('kakao-share:event-transports');
/** Which endpoints the relay calls, where it calls any. */
const ENDPOINTS = Symbol('kakao-share:event-endpoints');

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
    provide: TRANSPORTS,
    inject: [QueueStore, ShareEvents, OPTIONS],
    useFactory: (
      queueStore: QueueStore,
      shareEvents: ShareEvents,
      options: SettlementModuleOptions,
    ) => openTransports(options, { queueStore, shareEvents }),
  },
  {
    provide: Relay,
    inject: [Database, TRANSPORTS, OPTIONS],
    useFactory: (
      database: Database,
      transports: readonly EventTransport[],
      { eventRetentionDays: retentionDays = DEFAULT_RETENTION_DAYS }: SettlementModuleOptions,
    ) => new Relay(database, transports, new Logger('Relay'), { retentionDays }),
  },
  {
    provide: Settler,
    inject: [Database, SettlementQueue, OPTIONS],
    useFactory: (
      database: Database,
      queue: SettlementQueue,
      { intentSigningKeys = [], observer }: SettlementModuleOptions,
    ) =>
      new Settler(
        database,
        queue,
        new Logger('Settler'),
        signingKeysOf(intentSigningKeys),
        observer,
      ),
  },
  {
    provide: SettlementWorker,
    inject: [Database, QueueStore, SettlementQueue, Settler, TRANSPORTS, OPTIONS],
    useFactory: (
      database: Database,
      store: QueueStore,
      queue: SettlementQueue,
      settler: Settler,
      transports: readonly EventTransport[],
      options: SettlementModuleOptions,
    ) =>
      new SettlementWorker({
        database,
        store,
        queue,
        settler,
        destinations: transports.map(({ name, audience = { kind: 'transport' } }) => ({
          name,
          ...audience,
        })),
        age: startAge(),
        concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
        logger: new Logger('SettlementWorker'),
      }),
  },
  {
    provide: PointsClerk,
    inject: [Database],
    useFactory: (database: Database) => new PointsClerk(database, new Logger('PointsClerk')),
  },
  {
    provide: ENDPOINTS,
    inject: [Database, Relay, OPTIONS],
    useFactory: serveEndpoints,
  },
  {
    provide: SettlementLifecycle,
    inject: [
      ...[SettlementWorker, PointsClerk, Relay, SettlementQueue],
      ...[ShareEventHandlers, ENDPOINTS, OPTIONS],
    ],
    useFactory: (
      worker: SettlementWorker,
      clerk: PointsClerk,
      relay: Relay,
      queue: SettlementQueue,
      handlers: ShareEventHandlers,
      endpoints: EndpointDirectory | undefined,
      options: SettlementModuleOptions,
    ) => new SettlementLifecycle(worker, clerk, relay, queue, handlers, endpoints, options),
  },
];
