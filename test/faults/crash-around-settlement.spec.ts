import { SETTLEMENT_QUEUE } from '../../src/queue/settlement-queue.js';
import { eventually } from '../support/eventually.js';
import {
  killServiceProcesses,
  startServiceProcess,
  type ServiceProcess,
} from '../support/service-process.js';
import { createTestDatabase, QUEUE_STORES, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  serviceEnvironment,
  shareBy,
  untilSettled,
  untilTold,
} from '../support/test-service.js';
import { Gate, type Step } from './gate.js';
import { startPrivateRedis, type PrivateRedis } from './private-redis.js';
import { expireDispatchLeases, expireRelayLeases, pointsOf, proveWhole } from './proof.js';

let db: TestDatabase;
let environment: Record<string, string>;
let service: ServiceProcess;
let acknowledged: string[];

/** How often a door may be faster than we are before that is what it promises. */
const MAX_TRIES = 5;

async function startSuite(settings: Record<string, string> = {}): Promise<void> {
  acknowledged = [];
  db = await createTestDatabase();
  await givenCampaign(db);
  environment = { ...serviceEnvironment(db), ...settings };
  service = await startServiceProcess(environment);
}

async function endSuite(): Promise<void> {
  await killServiceProcesses();
  await db.drop();
}

async function acknowledge(userId: string, resourceId: string): Promise<void> {
  const answer = await service.share(shareBy(userId), resourceId);
  expect(answer).toMatchObject({ status: 200 });
  acknowledged.push(resourceId);
}

async function startAgain(): Promise<void> {
  await expireDispatchLeases(db);
  await expireRelayLeases(db);
  service = await startServiceProcess(environment);
}

async function untilDone(): Promise<void> {
  await untilSettled(db);
  await untilTold(db);
}

describe('a door that is killed before its answer', () => {
  beforeAll(() => startSuite());
  afterAll(endSuite);

  const stored = { on: 'INSERT', statement: /INSERT INTO .*deliveries/ } as const;
  const steps: readonly (Step & { step: string; statement: RegExp })[] = [
    { step: 'takes the key', table: 'kakao_share.delivery_keys', ...stored },
    { step: 'stores the delivery', table: 'kakao_share.deliveries', ...stored },
    { step: 'puts it on the work list', table: 'kakao_share.open_deliveries', ...stored },
    {
      step: 'commits',
      table: 'kakao_share.deliveries',
      on: 'INSERT',
      atCommit: true,
      statement: /COMMIT/,
    },
  ];

  /**
   * Kills the door at this step, before its answer, and starts it again. It waits there for about a second, then spools the webhook and
   * answers: whoever was too slow to kill it before that tries once more, with another.
   * @returns the resource id, which is also the user's
   */
  async function killBeforeAnswer(
    step: Step & { readonly statement: RegExp },
    name: string,
    endSession = false,
  ): Promise<string> {
    for (let tries = 1; ; tries++) {
      const id = `${name} ${tries}`;
      const gate = await Gate.close(db, step);
      const answer = service.share(shareBy(id), id);
      await gate.untilReached(step.statement);
      await service.end('SIGKILL');
      if (endSession) await gate.endWaiting();
      await gate.open();
      const { status } = await answer;
      await startAgain();
      if (status === 0) return id;
      expect(tries).toBeLessThan(MAX_TRIES);
      acknowledged.push(id);
    }
  }

  test.each(steps)('as it $step: has promised nothing, and a repeat pays once', async (step) => {
    const id = await killBeforeAnswer(step, step.step);
    await acknowledge(id, id);
    await untilDone();
    await proveWhole(db, acknowledged);
    expect(await pointsOf(db, id)).toBe(100);
  });

  test('as it commits, its session gone with it: the repeat is the first, and pays once', async () => {
    const step = {
      table: 'kakao_share.deliveries',
      on: 'INSERT',
      atCommit: true,
      statement: /COMMIT/,
    } as const;
    const id = await killBeforeAnswer(step, 'rolled back', true);
    const repeat = await service.share(shareBy(id), id);
    expect(JSON.parse(repeat.body)).toMatchObject({ status: 'accepted' });
    await untilDone();
    await proveWhole(db, [...acknowledged, id]);
    expect(await pointsOf(db, id)).toBe(100);
  });
});

describe('a process that is killed between the queue and the database, queue on Postgres', () => {
  beforeAll(() => startSuite());
  afterAll(endSuite);

  test('committed, but not yet queued: what was acknowledged is settled', async () => {
    const gate = await Gate.close(db, {
      table: 'bullmq.job',
      on: 'INSERT',
      where: `NEW.queue = '${SETTLEMENT_QUEUE}'`,
    });
    await acknowledge('not queued', 'not queued');
    await gate.untilReached(/add_/);
    await service.end('SIGKILL');
    await gate.endWaiting();
    await gate.open();
    await startAgain();
    await untilDone();
    await proveWhole(db, acknowledged);
    expect(await pointsOf(db, 'not queued')).toBe(100);
  });

  test('settled, but its job not completed: the job that comes again finds nothing to do', async () => {
    const gate = await Gate.close(db, {
      table: 'bullmq.job',
      on: 'UPDATE',
      where: `NEW.queue = '${SETTLEMENT_QUEUE}' AND NEW.state = 'completed'`,
    });
    await acknowledge('not completed', 'not completed');
    await gate.untilReached(/completed/);
    expect(await pointsOf(db, 'not completed')).toBe(100);
    await service.end('SIGKILL');
    await gate.endWaiting();
    await gate.open();
    // As BullMQ does with a job whose worker is gone for half a minute.
    await db.rows(
      `UPDATE bullmq.job SET state = 'waiting', lock_token = NULL, locked_until_ms = NULL WHERE state = 'active'`,
    );
    await startAgain();
    await eventually(async () => {
      expect(
        await db.number('SELECT count(*) FROM bullmq.job WHERE queue = $1', [SETTLEMENT_QUEUE]),
      ).toBe(0);
    });
    await untilDone();
    await proveWhole(db, acknowledged);
    expect(await pointsOf(db, 'not completed')).toBe(100);
  });
});

const redisSuites = QUEUE_STORES.some(({ store }) => store === 'Redis') ? describe : describe.skip;

redisSuites('a process that is killed between the queue and the database, queue on Redis', () => {
  let redis: PrivateRedis;

  beforeAll(async () => {
    redis = await startPrivateRedis();
    await startSuite({ REDIS_URL: redis.url });
  });
  afterAll(async () => {
    await endSuite();
    await redis.stop();
  });

  test('committed, but not yet queued: what was acknowledged is settled', async () => {
    await acknowledge('first', 'first');
    await untilDone();
    await redis.pauseWrites();
    await acknowledge('not queued', 'not queued');
    await redis.untilScriptWaits();
    expect(await redis.client.exists(`bull:${SETTLEMENT_QUEUE}:wait`)).toBe(0);
    await service.end('SIGKILL');
    await redis.resume();
    await redis.client.flushall();
    await startAgain();
    await untilDone();
    await proveWhole(db, acknowledged);
    expect(await pointsOf(db, 'not queued')).toBe(100);
  });

  test('settled, but its job not completed: what was paid stays paid once', async () => {
    const gate = await Gate.close(db, {
      table: 'kakao_share.decisions',
      on: 'INSERT',
      atCommit: true,
    });
    await acknowledge('not completed', 'not completed');
    await gate.untilReached(/COMMIT/);
    await redis.pauseWrites();
    await gate.open();
    await untilSettled(db);
    await redis.untilScriptWaits();
    expect(await redis.client.llen(`bull:${SETTLEMENT_QUEUE}:active`)).toBe(1);
    await service.end('SIGKILL');
    await redis.resume();
    // As BullMQ does with a job whose worker is gone for half a minute.
    await redis.client.lmove(
      `bull:${SETTLEMENT_QUEUE}:active`,
      `bull:${SETTLEMENT_QUEUE}:wait`,
      'LEFT',
      'RIGHT',
    );
    await startAgain();
    await eventually(async () => {
      expect(await redis.client.llen(`bull:${SETTLEMENT_QUEUE}:wait`)).toBe(0);
      expect(await redis.client.llen(`bull:${SETTLEMENT_QUEUE}:active`)).toBe(0);
    });
    await untilDone();
    await proveWhole(db, acknowledged);
    expect(await pointsOf(db, 'not completed')).toBe(100);
  });
});

describe('a relay that is killed', () => {
  beforeAll(() => startSuite({ EVENT_TRANSPORTS: 'bullmq' }));
  afterAll(endSuite);

  const steps: readonly (Step & { step: string; statement: RegExp })[] = [
    {
      step: 'before it published',
      table: 'bullmq.job',
      on: 'INSERT',
      where: `NEW.queue = 'domain-events'`,
      statement: /add_/,
    },
    {
      step: 'before it noted what it had published',
      table: 'kakao_share.outbox',
      on: 'DELETE',
      statement: /DELETE FROM .*outbox/,
    },
  ];

  test.each(steps)('$step: every event is told all the same, in order', async (step) => {
    const gate = await Gate.close(db, step);
    await acknowledge('listener', `${step.step} 1`);
    await acknowledge('listener', `${step.step} 2`);
    await gate.untilReached(step.statement);
    await untilSettled(db);
    await service.end('SIGKILL');
    await gate.endWaiting();
    await gate.open();
    await startAgain();
    await untilDone();
    await proveWhole(db, acknowledged);
    const told = await db.rows(
      `SELECT id, data->>'sequence' AS sequence FROM bullmq.job WHERE queue = 'domain-events' ORDER BY seq`,
    );
    expect(told).toEqual(
      await db.rows(
        `SELECT id::text, lpad(sequence::text, 16, '0') AS sequence FROM kakao_share.events ORDER BY sequence`,
      ),
    );
  });
});
