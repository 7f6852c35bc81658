import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { KAKAO_LIMIT_MS, Sender, type Answer } from '../../src/simulator/send.js';
import { buildShareRequest } from '../../src/simulator/share-request.js';
import { startPrivateRedis, type PrivateRedis } from '../faults/private-redis.js';
import { withinAwake } from '../support/awake-clock.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, QUEUE_STORES, type TestDatabase } from '../support/test-database.js';
import { shareBy } from '../support/test-service.js';
import { ADMIN_KEY, PATH, PLATFORMS, told, webhook, type Platform } from './host.js';

/** Its start, or its end, on a machine that may be busy. */
const HEAR_LIMIT_MS = 60_000;
/** All that closing may take. */
const STOP_LIMIT_MS = 10_000;

interface Message {
  readonly url?: string;
  readonly order?: string;
  readonly result?: unknown;
  readonly closed?: boolean;
}

/** A host in a process of its own. */
class HostProcess {
  readonly #messages: Message[] = [];
  readonly exited: Promise<unknown[]>;

  private constructor(readonly process: ChildProcess) {
    process.on('message', (message: Message) => this.#messages.push(message));
    this.exited = once(process, 'exit');
  }

  static start(platform: Platform, url: string, queue: object): HostProcess {
    const argument = JSON.stringify({ url, platform, adminKey: ADMIN_KEY, queue });
    return new HostProcess(fork('test/host/host-process.mjs', [argument], { execArgv: [] }));
  }

  /** Waits for the first message like this. */
  async hear(isIt: (message: Message) => boolean): Promise<Message> {
    return eventually(() => {
      const message = this.#messages.find(isIt);
      if (message === undefined) throw new Error('The host has not said it.');
      return message;
    }, HEAR_LIMIT_MS);
  }

  async order(order: string, about?: unknown): Promise<unknown> {
    this.#messages.length = 0;
    this.process.send({ order, about });
    return (await this.hear((message) => message.order === order)).result;
  }
}

/** Sends shares as Kakao would, on connections of its own. */
function sharesTo(url: string): {
  sender: Sender;
  send: (resourceId: string) => Promise<Answer>;
} {
  const sender = new Sender({ limitMs: HEAR_LIMIT_MS });
  const request = { url: `${url}${PATH}`, adminKey: ADMIN_KEY, method: 'POST' } as const;
  return {
    sender,
    send: (resourceId) =>
      sender.send(buildShareRequest(shareBy('minji'), { ...request, resourceId })),
  };
}

describe.each(
  PLATFORMS.flatMap((platform) => QUEUE_STORES.map((store) => ({ platform, ...store }))),
)('a host on $platform, queue on $store', ({ platform, optionsFor }) => {
  let db: TestDatabase;
  let host: HostProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    host = HostProcess.start(platform, db.url, optionsFor(db.url));
  });
  afterAll(async () => {
    host.process.kill('SIGKILL');
    await db.drop();
  });

  test('that closes answers the webhook under way, and its process ends by itself', async () => {
    const { url = '' } = await host.hear((message) => message.url !== undefined);
    const { sender, send } = sharesTo(url);
    expect(told(await send('before'))).toEqual({ http: 200, said: 'accepted' });

    await host.order('hold');
    const underWay = send('under way');
    await eventually(async () => {
      expect(await host.order('waiting')).toBeGreaterThan(0);
    });
    await host.order('close');
    await host.order('release');
    expect(told(await underWay)).toEqual({ http: 200, said: 'accepted' });
    sender.close();
    await host.hear(({ closed }) => closed === true);
    await host.order('leave');
    expect(await host.exited).toEqual([0, null]);
    const stored = await db.rows('SELECT resource_id FROM kakao_share.delivery_keys ORDER BY 1');
    expect(stored).toEqual([{ resource_id: 'before' }, { resource_id: 'under way' }]);
  });
});

// In a process of its own because Fastify's `inject` needs what jest cannot load on every Node.
test('a Fastify host that injects requests in its own tests finds them judged and taken in', async () => {
  const db = await createTestDatabase();
  const host = HostProcess.start('fastify', db.url, { postgres: { url: db.url } });
  await host.hear((message) => message.url !== undefined);
  const inject = async (resourceId: string, adminKey: string): Promise<unknown> => {
    const { url, method, headers, body } = webhook('{', resourceId, { adminKey });
    return host.order('inject', { url, method, headers, payload: body });
  };
  expect(await inject('injected', ADMIN_KEY)).toBe(200);
  expect(await inject('wrong', `${ADMIN_KEY}x`)).toBe(401);
  await host.order('close');
  await host.hear(({ closed }) => closed === true);
  await host.order('leave');
  expect(await host.exited).toEqual([0, null]);
  await db.drop();
});

const describeOnRedis = process.env.KAKAO_SHARE_TEST_REDIS === undefined ? describe.skip : describe;

describeOnRedis('a host whose Redis has frozen', () => {
  let db: TestDatabase;
  let redis: PrivateRedis;
  let host: HostProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    redis = await startPrivateRedis();
    host = HostProcess.start('express', db.url, { redis: { url: redis.url } });
  });
  afterAll(async () => {
    host.process.kill('SIGKILL');
    await redis.stop();
    await db.drop();
  });

  test('answers webhooks all the same, closes in time, and its process ends by itself', async () => {
    const { url = '' } = await host.hear((message) => message.url !== undefined);
    const { sender, send } = sharesTo(url);
    expect(told(await send('before'))).toEqual({ http: 200, said: 'accepted' });
    // By then the door's queue is open, and so is the worker's.
    await eventually(async () => {
      expect(await db.number('SELECT count(*) FROM kakao_share.decisions')).toBe(1);
    });

    redis.freeze();
    const answer = await withinAwake(KAKAO_LIMIT_MS, send('frozen'));
    expect(told(answer)).toEqual({ http: 200, said: 'accepted' });
    sender.close();
    await host.order('close');
    await withinAwake(
      STOP_LIMIT_MS,
      host.hear(({ closed }) => closed === true),
    );
    await host.order('leave');
    expect(await host.exited).toEqual([0, null]);
    const stored = await db.rows('SELECT resource_id FROM kakao_share.delivery_keys ORDER BY 1');
    expect(stored).toEqual([{ resource_id: 'before' }, { resource_id: 'frozen' }]);
  });
});
