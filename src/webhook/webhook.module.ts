import {
  Injectable,
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Database } from '../database/database.js';
import { Dispatcher } from '../deliveries/dispatcher.js';
import { DEFAULT_ACCEPT_TIMEOUT_MS } from '../deliveries/accept-budget.js';
import { Inbox } from '../deliveries/inbox.js';
import { KakaoKeyRing } from '../kakao/key-ring.js';
import { KeyUses } from '../keys/key-uses.js';
import { UnknownKeys } from '../keys/unknown-keys.js';
import { QueueStore } from '../queue/queue-store.js';
import { SettlementQueue } from '../queue/settlement-queue.js';
import { CallerNetworks } from './caller-networks.js';
import { DoorTeller } from './door-teller.js';
import { DoorSpool } from '../spool/door-spool.js';
import { KeyWitness } from './key-witness.js';
import { Doorstep } from './doorstep.js';
import { DoorstepMount } from './mount-doorstep.js';
import { createShareWebhookController, USER_PARAMETER } from './share-webhook.controller.js';
import {
  DEFAULT_PATH,
  DEFAULT_USER_PARAMETER,
  type WebhookModuleAsyncOptions,
  type WebhookModuleOptions,
  spoolOptionsOf,
  type WebhookModuleShape,
} from './webhook-options.js';

const OPTIONS = Symbol('kakao-share:webhook-options');

/** Everything stops within 10 s; these are parts of it, one after the other. */
const STOP_REPLAY_LIMIT_MS = 1_500;
const FLUSH_INBOX_LIMIT_MS = 2_500;
const CLOSE_SPOOL_LIMIT_MS = 500;
const DRAIN_DISPATCHER_LIMIT_MS = 1_000;

/** Opens the door once the application's routes are known, and closes what it used after the last answer. */
@Injectable()
class WebhookLifecycle implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    private readonly mount: DoorstepMount,
    private readonly doorstep: Doorstep,
    private readonly inbox: Inbox,
    private readonly spool: DoorSpool,
    private readonly dispatcher: Dispatcher,
    private readonly queue: SettlementQueue,
    private readonly teller: DoorTeller,
  ) {}

  onModuleInit(): void {
    this.mount.resolvePath();
    this.spool.start(this.inbox);
    this.teller.opened(() => ({ inbox: this.inbox.standing(), spool: this.spool.standing() }));
  }

  /** While the database is still open. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.spool.stopReplay(STOP_REPLAY_LIMIT_MS);
  }

  /** A host's data source closes in this same phase: what it does not commit any more goes to the spool. */
  async onApplicationShutdown(): Promise<void> {
    this.doorstep.close();
    await this.inbox.flush(FLUSH_INBOX_LIMIT_MS);
    await this.spool.close(CLOSE_SPOOL_LIMIT_MS);
    await this.dispatcher.drain(DRAIN_DISPATCHER_LIMIT_MS);
    await this.queue.close();
  }
}

/**
 * The door: receives Kakao's share webhooks on the application's own HTTP server, TypeORM data source and queue store.
 * Import it once per path. The application's parsers, pipes, guards and queues stay as they are.
 *
 * Bodies are read before the application's parsers. Where Nest is mounted on an Express application that has a parser
 * already, or runs as a cloud function, let that parser leave our path alone or keep the bytes as a Buffer in
 * `request.rawBody`; otherwise every POST ends in quarantine, since a parsed body has rounded long user ids.
 */
@Module({})
export class WebhookModule {
  /** @throws {KeyRingError} when no usable admin key is given: the door fails closed */
  static forRoot(options: WebhookModuleOptions & WebhookModuleShape): DynamicModule {
    return assemble(options, { provide: OPTIONS, useValue: options });
  }

  /** Like `forRoot`, with the options made by a factory; what shapes the module is given beside it. */
  static forRootAsync<Injected extends unknown[]>(
    options: WebhookModuleAsyncOptions<Injected>,
  ): DynamicModule {
    const { inject = [], useFactory, imports = [] } = options;
    return assemble(options, { provide: OPTIONS, useFactory, inject } as Provider, imports);
  }
}

function assemble(
  shape: WebhookModuleShape,
  optionsProvider: Provider,
  imports: DynamicModule['imports'] = [],
): DynamicModule {
  const path = (shape.path ?? DEFAULT_PATH).replace(/^\/+|\/+$/g, '');
  const door = Symbol(path);
  return {
    module: WebhookModule,
    imports,
    controllers: [createShareWebhookController(door, path, shape.controllerDecorators ?? [])],
    providers: [
      optionsProvider,
      {
        provide: Database,
        inject: [getDataSourceToken(shape.dataSource), OPTIONS],
        useFactory: (source: DataSource, o: WebhookModuleOptions) => new Database(source, o.schema),
      },
      {
        provide: QueueStore,
        inject: [OPTIONS],
        useFactory: ({ queue }: WebhookModuleOptions) => new QueueStore(queue),
      },
      {
        provide: SettlementQueue,
        inject: [QueueStore],
        useFactory: (store: QueueStore) => new SettlementQueue(store),
      },
      {
        provide: Dispatcher,
        inject: [SettlementQueue],
        useFactory: (queue: SettlementQueue) => new Dispatcher(queue, new Logger('Dispatcher')),
      },
      {
        provide: DoorSpool,
        inject: [Database, Dispatcher, OPTIONS],
        useFactory: (database: Database, dispatcher: Dispatcher, o: WebhookModuleOptions) =>
          new DoorSpool(spoolOptionsOf(o), database, dispatcher),
      },
      {
        provide: Inbox,
        inject: [Database, Dispatcher, DoorSpool, OPTIONS],
        useFactory: (
          database: Database,
          dispatcher: Dispatcher,
          spool: DoorSpool,
          { acceptTimeoutMs = DEFAULT_ACCEPT_TIMEOUT_MS }: WebhookModuleOptions,
        ) =>
          new Inbox(
            database,
            dispatcher,
            {
              acceptTimeoutMs,
              lifeboat: spool.lifeboat,
              onRecovered: () => {
                spool.wake();
              },
            },
            new Logger('Inbox'),
          ),
      },
      {
        provide: KakaoKeyRing,
        inject: [OPTIONS],
        useFactory: ({ apps }: WebhookModuleOptions) =>
          apps instanceof KakaoKeyRing ? apps : new KakaoKeyRing(apps),
      },
      {
        provide: CallerNetworks,
        inject: [OPTIONS],
        useFactory: ({ kakaoNetworks, trustedProxies }: WebhookModuleOptions) =>
          new CallerNetworks(kakaoNetworks, trustedProxies),
      },
      {
        provide: DoorTeller,
        inject: [OPTIONS],
        useFactory: ({ observer }: WebhookModuleOptions) => new DoorTeller(observer),
      },
      {
        provide: KeyUses,
        inject: [Database],
        useFactory: (database: Database) => new KeyUses(database, new Logger('KeyUses')),
      },
      {
        provide: UnknownKeys,
        inject: [Database],
        useFactory: (database: Database) => new UnknownKeys(database, new Logger('UnknownKeys')),
      },
      {
        provide: KeyWitness,
        inject: [KeyUses, UnknownKeys],
        useFactory: (uses: KeyUses, unknownKeys: UnknownKeys) => new KeyWitness(uses, unknownKeys),
      },
      {
        provide: Doorstep,
        inject: [KakaoKeyRing, CallerNetworks, DoorTeller, KeyWitness],
        useFactory: (
          keyRing: KakaoKeyRing,
          callers: CallerNetworks,
          teller: DoorTeller,
          witness: KeyWitness,
        ) => new Doorstep(keyRing, callers, teller, witness),
      },
      {
        provide: DoorstepMount,
        inject: [Doorstep, HttpAdapterHost],
        useFactory: (doorstep: Doorstep, host: HttpAdapterHost) => {
          const mount = new DoorstepMount(door, doorstep);
          // At once in an application; in a testing module as soon as one is created from it; never in one without HTTP.
          host.init$.subscribe(() => {
            mount.mount(host.httpAdapter);
          });
          return mount;
        },
      },
      {
        provide: USER_PARAMETER,
        inject: [OPTIONS],
        useFactory: (o: WebhookModuleOptions) => o.userParameter ?? DEFAULT_USER_PARAMETER,
      },
      WebhookLifecycle,
    ],
  };
}
