import {
  Controller,
  Inject,
  Injectable,
  Logger,
  Module,
  Scope,
  type INestApplicationContext,
  type OnModuleInit,
  type Provider,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource, type QueryRunner } from 'typeorm';
import {
  EventRefusedError,
  OnShareEvent,
  SettlementModule,
  ShareEventHandlerError,
  ShareEvents,
  type DomainEventType,
  type EventTransport,
  type SettlementModuleOptions,
  type ShareEvent,
} from '../../src/index.js';
import { happen } from '../events/happen.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, shareBy, startTestService, untilTold } from '../support/test-service.js';
import { HOST_POOL_SIZE, hostDataSource } from './host.js';

let db: TestDatabase;
let running: INestApplicationContext[];
let log: string[];

beforeEach(async () => {
  db = await createTestDatabase();
  running = [];
  log = [];
});
afterEach(async () => {
  await Promise.all(running.map((app) => app.close()));
  await db.drop();
});
afterAll(() => {
  Logger.overrideLogger(false);
});

/** Somebody else's application with these providers, running. */
async function startHost(
  providers: Provider[],
  options: Partial<SettlementModuleOptions> = {},
  controllers: Type[] = [],
): Promise<INestApplicationContext> {
  const queue = { postgres: { url: db.url } };
  @Module({
    imports: [...(hostDataSource(db.url) ?? []), SettlementModule.forRoot({ queue, ...options })],
    providers,
    controllers,
  })
  class HostModule {}
  const say = (line: unknown): void => void log.push(String(line));
  const app = await NestFactory.createApplicationContext(HostModule, {
    abortOnError: false,
    logger: { log: say, warn: say, error: say },
  });
  running.push(app);
  return app;
}

async function stop(app: INestApplicationContext): Promise<void> {
  running = running.filter((one) => one !== app);
  await app.close();
}

/** Handlers are known to settlement from their first start on, which happens in the background. */
async function untilKnown(...names: string[]): Promise<void> {
  await eventually(async () => {
    const known = await db.rows<{ name: string }>('SELECT name FROM kakao_share.destinations');
    expect(known.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  });
}

const usersOf = (events: readonly ShareEvent[]): (string | undefined)[] =>
  events.map(({ subject }) => subject).sort();

const idsOf = (events: readonly ShareEvent[]): Set<string> => new Set(events.map(({ id }) => id));

test('each handler hears of the types it asked for, and the log says at boot who hears of what', async () => {
  const heard: Record<string, DomainEventType[]> = { shares: [], rewards: [], all: [] };
  @Injectable()
  class Teller {
    @OnShareEvent('kakao.share.recorded')
    shares({ type }: ShareEvent<'kakao.share.recorded'>): void {
      heard.shares?.push(type);
    }
    @OnShareEvent('reward.credited', 'reward.held')
    async rewards({ type, data }: ShareEvent<'reward.credited' | 'reward.held'>): Promise<void> {
      await Promise.resolve();
      if (data.amount === 100) heard.rewards?.push(type);
    }
    @OnShareEvent({ types: '*', name: 'archive' })
    all({ type }: ShareEvent): void {
      heard.all?.push(type);
    }
    untold(): void {
      throw new Error('nobody asked for this');
    }
  }
  await givenCampaign(db);
  await startHost([Teller]);
  const handlers = ['handler:Teller.shares', 'handler:Teller.rewards', 'handler:archive'];
  await untilKnown(...handlers);
  const service = await startTestService(db, { environment: { ROLES: 'web,worker' } });
  await service.share(shareBy('minji'), 'one');
  await eventually(() => {
    expect(heard).toEqual({
      shares: ['kakao.share.recorded'],
      rewards: ['reward.credited'],
      all: ['kakao.share.recorded', 'reward.credited'],
    });
  });
  await service.stop();
  expect(log).toEqual(
    expect.arrayContaining([
      'handler:Teller.shares hears of kakao.share.recorded',
      'handler:Teller.rewards hears of reward.credited, reward.held',
      'handler:archive hears of all events',
    ]),
  );
  const destinations = await db.rows(
    `SELECT name, kind, types FROM kakao_share.destinations WHERE kind = 'handler' ORDER BY name`,
  );
  expect(destinations).toEqual([
    { name: 'handler:Teller.rewards', kind: 'handler', types: ['reward.credited', 'reward.held'] },
    { name: 'handler:Teller.shares', kind: 'handler', types: ['kakao.share.recorded'] },
    { name: 'handler:archive', kind: 'handler', types: null },
  ]);
});

test('a handler that throws holds up only itself, and hears of the event again', async () => {
  const well: ShareEvent[] = [];
  const again: string[] = [];
  let isBroken = true;
  @Injectable()
  class Teller {
    @OnShareEvent('*')
    throwing({ id }: ShareEvent): void {
      again.push(id);
      if (isBroken) throw new Error('the mail server is away');
    }
    @OnShareEvent('*')
    well(event: ShareEvent): void {
      well.push(event);
    }
  }
  await startHost([Teller]);
  await untilKnown('handler:Teller.throwing', 'handler:Teller.well');
  for (let round = 0; round < 3; round++) await happen(db.database, ['minji']);
  await eventually(() => {
    expect(well).toHaveLength(3);
    expect(again.length).toBeGreaterThan(1);
  });
  expect(new Set(again)).toEqual(new Set([well[0]?.id]));
  isBroken = false;
  await untilTold(db);
  expect(again.slice(-3)).toEqual(well.map(({ id }) => id));
});

test('a handler that hangs holds up only itself, and of itself only some users', async () => {
  const well: ShareEvent[] = [];
  const heard: ShareEvent[] = [];
  let release: () => void = () => undefined;
  const untilReleased = new Promise<void>((resolve) => (release = resolve));
  @Injectable()
  class Teller {
    @OnShareEvent('*')
    async hanging(event: ShareEvent): Promise<void> {
      heard.push(event);
      if (event.subject === 'user-0') await untilReleased;
    }
    @OnShareEvent('*')
    well(event: ShareEvent): void {
      well.push(event);
    }
  }
  await startHost([Teller]);
  await untilKnown('handler:Teller.hanging', 'handler:Teller.well');
  const users = Array.from({ length: 20 }, (_, index) => `user-${index}`);
  await happen(db.database, ['user-0']);
  await eventually(() => {
    expect(heard).toHaveLength(1);
  });
  await happen(db.database, users);
  await eventually(() => {
    expect(well).toHaveLength(21);
    expect(new Set(usersOf(heard)).size).toBeGreaterThan(10);
  });
  // One that takes very long may hear of the same event again, but of no later one.
  expect(idsOf(heard.filter(({ subject }) => subject === 'user-0')).size).toBe(1);
  release();
  await untilTold(db);
  expect(idsOf(heard).size).toBe(21);
});

test('a handler hears of what happens from its first start on, and of what happened while it was stopped', async () => {
  const heard: ShareEvent[] = [];
  @Injectable()
  class Teller {
    @OnShareEvent('*')
    tell(event: ShareEvent): void {
      heard.push(event);
    }
  }
  await happen(db.database, ['too early']);
  const first = await startHost([Teller]);
  await untilKnown('handler:Teller.tell');
  await happen(db.database, ['minji']);
  await untilTold(db);
  await stop(first);
  await happen(db.database, ['jisoo']);
  await startHost([Teller]);
  await untilTold(db);
  expect(usersOf(heard)).toEqual(['jisoo', 'minji']);
});

test('of two versions the application that started last says what a handler hears of, though the other gets at the database later', async () => {
  const heard: string[] = [];
  const tellerOf = (...types: DomainEventType[]): Type => {
    @Injectable()
    class Teller {
      @OnShareEvent({ types, name: 'teller' })
      tell({ type }: ShareEvent): void {
        heard.push(type);
      }
    }
    return Teller;
  };
  const held: QueryRunner[] = [];
  /** Takes every connection that the application has before anything of ours starts. */
  @Injectable()
  class Holder implements OnModuleInit {
    constructor(private readonly dataSource: DataSource) {}
    async onModuleInit(): Promise<void> {
      for (let connections = 0; connections < HOST_POOL_SIZE; connections++) {
        const runner = this.dataSource.createQueryRunner();
        await runner.connect();
        held.push(runner);
      }
    }
  }
  await startHost([Holder, tellerOf('reward.credited')]);
  await startHost([tellerOf('reward.credited', 'kakao.share.recorded')]);
  await untilKnown('handler:teller');
  await Promise.all(held.map((runner) => runner.release()));
  await eventually(() => {
    expect(log).toContainEqual(expect.stringContaining('handler:teller hears of other events'));
  });
  await happen(db.database, ['minji']);
  await untilTold(db);
  expect(heard).toEqual(['kakao.share.recorded']);
});

test('what a handler refuses is set aside with the reason, and later events go on', async () => {
  const heard: string[] = [];
  @Injectable()
  class Teller {
    @OnShareEvent('*')
    tell({ id, sequence }: ShareEvent): void {
      if (Number(sequence) === 1) throw new EventRefusedError(id, 'before our time');
      heard.push(id);
    }
  }
  await startHost([Teller]);
  await untilKnown('handler:Teller.tell');
  for (let round = 0; round < 3; round++) await happen(db.database, ['minji']);
  await untilTold(db);
  expect(heard).toHaveLength(2);
  expect(await db.rows('SELECT destination, reason FROM kakao_share.refused_events')).toEqual([
    {
      destination: 'handler:Teller.tell',
      reason: expect.stringContaining('before our time') as string,
    },
  ]);
});

test('handlers are found on controllers, from factories, inherited, and once behind an alias', async () => {
  const heard: string[] = [];
  class Base {
    @OnShareEvent('*')
    tell(): void {
      heard.push(this.constructor.name);
    }
  }
  @Injectable()
  class Inheriting extends Base {}
  @Injectable()
  class Overriding extends Base {
    override tell(): void {
      heard.push('instead');
    }
  }
  class Made extends Base {}
  class Value extends Base {}
  @Controller('teller')
  class TellerController extends Base {}
  await startHost(
    [
      Inheriting,
      Overriding,
      { provide: 'alias', useExisting: Inheriting },
      { provide: 'made', useFactory: () => new Made() },
      { provide: 'value', useValue: new Value() },
      { provide: 'settings', useValue: Object.create(null) as object },
      { provide: 'nothing', useValue: null },
    ],
    {},
    [TellerController],
  );
  const classes = ['Inheriting', 'Overriding', 'Made', 'Value', 'TellerController'];
  await untilKnown(...classes.map((name) => `handler:${name}.tell`));
  await happen(db.database, ['minji']);
  await untilTold(db);
  const expected = ['Inheriting', 'instead', 'Made', 'Value', 'TellerController'];
  expect(heard.sort()).toEqual(expected.sort());
});

test('a method is found behind a decorator that put another in its place, and called through it', async () => {
  const heard: string[] = [];
  const timed: MethodDecorator = (_target, _key, descriptor) => {
    const method = descriptor.value as (...given: unknown[]) => unknown;
    descriptor.value = function (this: unknown, ...given: unknown[]) {
      heard.push('timed');
      return method.apply(this, given);
    } as never;
  };
  @Injectable()
  class Teller {
    readonly #name = 'teller';
    @timed
    @OnShareEvent('*')
    tell(): void {
      heard.push(this.#name);
    }
  }
  await startHost([Teller]);
  await untilKnown('handler:Teller.tell');
  await happen(db.database, ['minji']);
  await untilTold(db);
  expect(heard).toEqual(['timed', 'teller']);
});

test('listeners of ShareEvents go on beside handlers', async () => {
  const heard: string[] = [];
  @Injectable()
  class Teller {
    @OnShareEvent('*')
    tell(): void {
      heard.push('handler');
    }
  }
  const app = await startHost([Teller]);
  app.get(ShareEvents, { strict: false }).on('*', () => void heard.push('listener'));
  await untilKnown('handler:Teller.tell', 'in-process');
  await happen(db.database, ['minji']);
  await untilTold(db);
  expect(heard.sort()).toEqual(['handler', 'listener']);
});

test.each([
  { eventRoomHash: ['in-process'] as const, told: 'room-of-minji' },
  { eventRoomHash: [], told: undefined },
])('handlers are told the room where $eventRoomHash is', async ({ eventRoomHash, told }) => {
  const heard: (string | undefined)[] = [];
  @Injectable()
  class Teller {
    @OnShareEvent('kakao.share.recorded')
    tell({ data }: ShareEvent<'kakao.share.recorded'>): void {
      heard.push(data.roomHash);
    }
  }
  await startHost([Teller], { eventRoomHash });
  await untilKnown('handler:Teller.tell');
  const service = await startTestService(db, { environment: { ROLES: 'web,worker' } });
  await service.share(shareBy('minji'), 'one');
  await eventually(() => {
    expect(heard).toEqual([told]);
  });
  await service.stop();
});

describe('a process that is not to run handlers says so, and makes no destination that nobody would serve', () => {
  @Injectable()
  class Teller {
    @OnShareEvent('*')
    tell(): void {
      throw new Error('must not be told');
    }
  }
  test.each([
    { lacks: 'the role "relay"', options: { roles: ['worker'] as const } },
    {
      lacks: 'the event transport "in-process"',
      options: { eventTransports: ['bullmq'] as const },
    },
  ])('it lacks $lacks', async ({ lacks, options }) => {
    await startHost([Teller], options);
    await untilKnown(...('eventTransports' in options ? ['bullmq'] : ['in-process']));
    expect(log).toContain(`Not run by this process, which lacks ${lacks}: handler:Teller.tell`);
    expect(
      await db.number(`SELECT count(*) FROM kakao_share.destinations WHERE kind = 'handler'`),
    ).toBe(0);
  });
});

test('a worker makes a transport of the host’s own known with what it hears of', async () => {
  const transport: EventTransport = {
    name: 'warehouse',
    audience: { kind: 'transport', types: ['reward.credited'] },
    batchSize: 1,
    connect: () => Promise.resolve(),
    publish: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  await startHost([], { roles: ['worker'], eventTransports: [transport] });
  await untilKnown('warehouse');
  expect(await db.rows('SELECT kind, types FROM kakao_share.destinations')).toEqual([
    { kind: 'transport', types: ['reward.credited'] },
  ]);
});

describe('an application does not start with a handler', () => {
  async function faultsOf(...providers: Provider[]): Promise<readonly string[]> {
    const error: unknown = await startHost(providers).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ShareEventHandlerError);
    expect(error).toMatchObject({ code: 'KAKAO_SHARE_EVENT_HANDLER' });
    return (error as ShareEventHandlerError).faults;
  }

  function tellerIn(scope?: Scope): Type {
    @Injectable(scope === undefined ? {} : { scope })
    class Teller {
      @OnShareEvent('*')
      tell(): void {
        throw new Error('must not be told');
      }
    }
    return Teller;
  }

  test.each([
    { which: 'of each request', scope: Scope.REQUEST },
    { which: 'of each user of it', scope: Scope.TRANSIENT },
  ])('on a provider $which', async ({ scope }) => {
    expect(await faultsOf(tellerIn(scope))).toEqual([
      expect.stringMatching(/^Teller\.tell .* default scope\.$/),
    ]);
  });

  test('on a provider that needs one of each request', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Tenant {}
    @Injectable()
    class Teller {
      constructor(@Inject(Tenant) readonly tenant: Tenant) {}
      @OnShareEvent('*')
      tell(): void {
        throw new Error('must not be told');
      }
    }
    expect(await faultsOf(Tenant, Teller)).toEqual([expect.stringContaining('default scope')]);
  });

  test('whose name another one has', async () => {
    const faults = await faultsOf(
      { provide: 'one', useClass: tellerIn() },
      { provide: 'other', useClass: tellerIn() },
    );
    expect(faults).toEqual([expect.stringContaining('second handler:Teller.tell')]);
  });

  test('that asks for what there is not, for nothing, or by a name that cannot be used: all are told at once', async () => {
    @Injectable()
    class Teller {
      @OnShareEvent('reward.paid' as DomainEventType)
      unknown(): void {
        throw new Error('must not be told');
      }
      @OnShareEvent({ types: [] })
      nothing(): void {
        throw new Error('must not be told');
      }
      @OnShareEvent({ types: '*', name: 'a name' })
      misnamed(): void {
        throw new Error('must not be told');
      }
    }
    expect(await faultsOf(Teller)).toEqual([
      expect.stringMatching(
        /^Teller\.unknown asks for "reward\.paid"\. There are: .*reward\.credited/,
      ),
      expect.stringMatching(/^Teller\.nothing hears of no type/),
      expect.stringMatching(/^Teller\.misnamed has a name that cannot be used/),
    ]);
  });
});

test('a decorator where nobody would find it is refused where it stands', () => {
  expect(() => {
    class Teller {
      @OnShareEvent('*')
      static tell(): void {
        throw new Error('must not be told');
      }
      readonly name = 'teller';
    }
    return Teller;
  }).toThrow('Teller.tell is static');
  expect(() => {
    class Teller {
      @OnShareEvent('reward.credited')
      @OnShareEvent('reward.held')
      tell(): void {
        throw new Error('must not be told');
      }
    }
    return Teller;
  }).toThrow('Teller.tell has @OnShareEvent twice');
});

test('a handler that could not take what it asks for does not compile', () => {
  class Teller {
    @OnShareEvent('reward.credited', 'reward.held')
    either(event: ShareEvent<'reward.credited' | 'reward.held'>): number {
      return event.data.amount;
    }
    @OnShareEvent('reward.credited')
    any(event: ShareEvent): string {
      return event.type;
    }
    // @ts-expect-error it hears of more than it takes
    @OnShareEvent('reward.credited', 'reward.held')
    tooNarrow(event: ShareEvent<'reward.credited'>): number {
      return event.data.amount;
    }
    // @ts-expect-error there is no such type
    @OnShareEvent('reward.paid')
    unknown(): void {
      throw new Error('must not be told');
    }
  }
  expect(Teller).toBeDefined();
});
