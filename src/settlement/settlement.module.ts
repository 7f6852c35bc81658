import { Logger, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Database } from '../database/database.js';
import { BullmqTransport } from '../events/bullmq-transport.js';
import { Relay } from '../events/relay.js';
import { ShareEvents } from '../events/share-events.js';
import type { EventTransport } from '../events/transport.js';
import { NoSigningKeysError } from '../intents/intent-errors.js';
import { IntentSigningKeys } from '../intents/signing-keys.js';
import { PointsClerk } from '../points/points-clerk.js';
import { QueueStore } from '../queue/queue-store.js';
import { SettlementQueue } from '../queue/settlement-queue.js';
import {
  DEFAULT_CONCURRENCY,
  type EventTransportName,
  type SettlementModuleAsyncOptions,
  type SettlementModuleOptions,
  type SettlementModuleShape,
} from './settlement-options.js';
import { SettlementLifecycle } from './settlement-lifecycle.js';
import { SettlementWorker } from './settlement-worker.js';
import { Settler } from './settler.js';

const OPTIONS = Symbol('kakao-share:settlement-options');
const DEFAULT_TRANSPORTS: readonly EventTransportName[] = ['in-process'];
/**
 * The workers and the relay: settles what the door took in and tells others of it, on the application's own TypeORM data
 * source and queue store. Exports `ShareEvents` for listeners.
 */
@Module({})
export class SettlementModule {
  static forRoot(options: SettlementModuleOptions & SettlementModuleShape): DynamicModule {
    return assemble(options, { provide: OPTIONS, useValue: options });
  }

  /** Like `forRoot`, with the options made by a factory. */
  static forRootAsync<Injected extends unknown[]>(
    options: SettlementModuleAsyncOptions<Injected>,
  ): DynamicModule {
    const { inject = [], useFactory, imports = [] } = options;
    return assemble(options, { provide: OPTIONS, useFactory, inject } as Provider, imports);
  }
}

function assemble(
  shape: SettlementModuleShape,
  optionsProvider: Provider,
  imports: DynamicModule['imports'] = [],
): DynamicModule {
  return {
    module: SettlementModule,
    imports,
    providers: [
      optionsProvider,
      ShareEvents,
      {
        provide: Database,
        inject: [getDataSourceToken(shape.dataSource), OPTIONS],
        useFactory: (source: DataSource, o: SettlementModuleOptions) =>
          new Database(source, o.schema),
      },
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
            openSigningKeys(intentSigningKeys),
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
    ],
    exports: [ShareEvents],
  };
}

/** Said at the start: what carries an intent is left to a worker that has the keys, and fails where none has. */
function openSigningKeys(secrets: readonly string[]): IntentSigningKeys | undefined {
  if (secrets.length > 0) return new IntentSigningKeys(secrets);
  new Logger('Settler').warn(new NoSigningKeysError().message);
  return undefined;
}

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
