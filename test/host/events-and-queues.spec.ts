import { getQueueToken, BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import type { Job, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { SettlementModule, ShareEvents, WebhookModule, type ShareEvent } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, shareBy, untilSettled, untilTold } from '../support/test-service.js';
import { APPS, hostDataSource, PLATFORMS, startHost, told } from './host.js';

const ACCEPTED = { http: 200, said: 'accepted' };
const REDIS_URL = process.env.KAKAO_SHARE_TEST_REDIS;
if (REDIS_URL === undefined)
  process.stderr.write('[host] LEFT OUT: a host with queues of its own. There is no Redis.\n');

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
  await givenCampaign(db);
});
afterEach(async () => {
  await db.drop();
});

/** A feature of the host's that listens, and whose first attempt at each event may fail. */
function listenerModule(
  settlement: ReturnType<typeof SettlementModule.forRoot>,
  listen: (event: ShareEvent) => void,
): object {
  @Injectable()
  class RewardMailer implements OnModuleInit {
    constructor(private readonly shareEvents: ShareEvents) {}

    onModuleInit(): void {
      this.shareEvents.on('reward.credited', listen);
    }
  }
  @Module({ imports: [settlement], providers: [RewardMailer] })
  class MailModule {}
  return MailModule;
}

test.each(PLATFORMS)(
  'a listener of a host on %s hears of rewards, in order per user',
  async (platform) => {
    const queue = { postgres: { url: db.url } };
    const heard: ShareEvent[] = [];
    const settlement = SettlementModule.forRoot({ queue });
    const host = await startHost(platform, {
      imports: [
        ...(hostDataSource(db.url) ?? []),
        WebhookModule.forRoot({ apps: APPS, queue }),
        settlement,
        listenerModule(settlement, (event) => void heard.push(event)) as never,
      ],
    });
    for (const room of ['a', 'b', 'c']) {
      const share = shareBy('minji', { hashChatId: room });
      expect(told(await host.share(share, room))).toEqual(ACCEPTED);
      await untilSettled(db);
    }
    await untilTold(db);
    expect(heard.map(({ type, subject }) => ({ type, subject }))).toEqual(
      Array(3).fill({ type: 'reward.credited', subject: 'minji' }),
    );
    const sequences = heard.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...sequences].sort());
    await host.close();
  },
);

test('a listener that throws hears of the event again, under the same id', async () => {
  const queue = { postgres: { url: db.url } };
  const heard: string[] = [];
  const settlement = SettlementModule.forRoot({ queue });
  const host = await startHost('express', {
    imports: [
      ...(hostDataSource(db.url) ?? []),
      WebhookModule.forRoot({ apps: APPS, queue }),
      settlement,
      listenerModule(settlement, ({ id }) => {
        heard.push(id);
        if (heard.length < 3) throw new Error('the mail server is away');
      }) as never,
    ],
  });
  await host.share(shareBy('minji'), 'one');
  await eventually(() => {
    expect(heard).toHaveLength(3);
  });
  await untilTold(db);
  expect(new Set(heard).size).toBe(1);
  await host.close();
});

const onRedis = REDIS_URL === undefined ? describe.skip : describe;
onRedis('a host with queues of its own on the same Redis', () => {
  const url = REDIS_URL ?? '';

  @Processor('mails')
  class MailProcessor extends WorkerHost {
    static readonly sent: unknown[] = [];

    override async process(job: Job): Promise<void> {
      MailProcessor.sent.push(job.data);
      await Promise.resolve();
    }
  }

  beforeEach(() => {
    MailProcessor.sent.length = 0;
  });

  const ownClient = (): Redis => new Redis(url, { maxRetriesPerRequest: null });

  test.each([
    { how: 'options', connect: () => ({ url }) },
    { how: 'the client that its own queues use', connect: ownClient },
  ])('given as $how: both go on', async ({ connect }) => {
    const connection = connect();
    const prefix = new URL(db.url).pathname.slice(1);
    const queue = { redis: connection, prefix };
    const host = await startHost('express', {
      imports: [
        ...(hostDataSource(db.url) ?? []),
        BullModule.forRoot({ connection, prefix }),
        BullModule.registerQueue({ name: 'mails' }),
        WebhookModule.forRoot({ apps: APPS, queue }),
        SettlementModule.forRoot({ queue }),
      ],
      providers: [MailProcessor],
    });
    const mails = host.app.get<Queue>(getQueueToken('mails'));
    await mails.add('send', { to: 'minji' });
    expect(told(await host.share(shareBy('minji'), 'one'))).toEqual(ACCEPTED);
    await untilSettled(db);
    await mails.add('send', { to: 'jisoo' });
    await eventually(() => {
      expect(MailProcessor.sent).toEqual([{ to: 'minji' }, { to: 'jisoo' }]);
    });
    expect(
      await db.number(`SELECT count(*) FROM kakao_share.decisions WHERE verdict = 'rewarded'`),
    ).toBe(1);
    await host.close();
    if (connection instanceof Redis) {
      expect(await connection.ping()).toBe('PONG');
      connection.disconnect();
    }
  });
});
