import {
  killServiceProcesses,
  startServiceProcess,
  type ServiceProcess,
} from '../support/service-process.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, QUEUE_STORES, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  serviceEnvironment,
  shareBy,
  untilSettled,
  untilStored,
  untilTold,
} from '../support/test-service.js';
import { startPrivateRedis } from './private-redis.js';
import { expireDispatchLeases, proveWhole } from './proof.js';

interface LosableQueue {
  readonly settings: Record<string, string>;
  /** How many settlement jobs wait. */
  waiting(): Promise<number>;
  lose(): Promise<void>;
  end(): Promise<void>;
}

const LOSABLE: Readonly<Record<string, (db: TestDatabase) => Promise<LosableQueue>>> = {
  Postgres: (db) =>
    Promise.resolve({
      settings: {},
      waiting: () =>
        db.number(
          `SELECT count(*) FROM bullmq.job WHERE queue = 'kakao-share-settlement' AND state = 'waiting'`,
        ),
      lose: async () => {
        // Again where it and a worker's transaction have waited for each other.
        await eventually(() =>
          db.rows(
            'TRUNCATE bullmq.job, bullmq.job_log, bullmq.job_dependency, bullmq.event, bullmq.meta',
          ),
        );
      },
      end: () => Promise.resolve(),
    }),
  Redis: async () => {
    const redis = await startPrivateRedis();
    return {
      settings: { REDIS_URL: redis.url },
      waiting: () => redis.client.llen('bull:kakao-share-settlement:wait'),
      lose: async () => {
        await redis.client.flushall();
      },
      end: () => redis.stop(),
    };
  },
};

describe.each(QUEUE_STORES)('the whole queue is lost, queue on $store', ({ store }) => {
  let db: TestDatabase;
  let queue: LosableQueue;
  let door: ServiceProcess;
  let environment: Record<string, string>;
  const acknowledged: string[] = [];

  beforeAll(async () => {
    db = await createTestDatabase();
    await givenCampaign(db);
    const open = LOSABLE[store];
    if (open === undefined) throw new Error(`No way to lose the queue on ${store}.`);
    queue = await open(db);
    environment = { ...serviceEnvironment(db), EVENT_TRANSPORTS: 'in-process', ...queue.settings };
    door = await startServiceProcess({ ...environment, ROLES: 'web' });
  });
  afterAll(async () => {
    await killServiceProcesses();
    await queue.end();
    await db.drop();
  });

  async function acknowledge(prefix: string): Promise<void> {
    const ids = Array.from({ length: 60 }, (_, index) => `${prefix}-${index}`);
    const answers = await Promise.all(ids.map((id) => door.share(shareBy(id), id)));
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200));
    acknowledged.push(...ids);
  }

  test('while nobody works: the sweeper finds all of it', async () => {
    await acknowledge('before');
    // What a slow moment has put into the spool stays there without a door.
    await untilStored(db, acknowledged);
    // Its last jobs are asked for after the answers: a door that has ended asks for none any more.
    await door.end('SIGTERM');
    await queue.lose();
    expect(await queue.waiting()).toBe(0);
    await expireDispatchLeases(db);
    await startServiceProcess({ ...environment, ROLES: 'worker,relay' });
    await untilSettled(db);
    await untilTold(db);
    await proveWhole(db, acknowledged);
  });

  test('under a worker that waits for jobs: it goes on with what comes next', async () => {
    door = await startServiceProcess({ ...environment, ROLES: 'web' });
    await queue.lose();
    await acknowledge('after');
    await untilSettled(db);
    await untilTold(db);
    await proveWhole(db, acknowledged);
  });
});
