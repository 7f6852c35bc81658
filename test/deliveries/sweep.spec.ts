import { jest } from '@jest/globals';
import { newId } from '../../src/database/new-id.js';
import { storeDeliveries } from '../../src/deliveries/store-deliveries.js';
import { sweep } from '../../src/deliveries/sweep.js';
import { countAttempts } from '../../src/settlement/open-delivery.js';
import { QueueStore, type JobQueue } from '../../src/queue/queue-store.js';
import {
  SETTLEMENT_QUEUE,
  SettlementQueue,
  type SettleJob,
} from '../../src/queue/settlement-queue.js';
import { createTestDatabase, QUEUE_STORES, type TestDatabase } from '../support/test-database.js';
import { givenDelivery } from './given-delivery.js';

const LIMITS = { statementTimeoutMs: 60_000 };
const SWEEP_EVERY_MS = 5_000;
const TEN_MINUTES_MS = 600_000;
const MANY = 200_000;
/** What the sweeper fills the queue up to: 50 jobs, of at most 200 deliveries. */
const MAX_JOBS = 50;
const MAX_PER_JOB = 200;

/** Only `Date` is moved; what waits for an answer waits in real time. */
const TIMERS: FakeableAPI[] = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
];
type FakeableAPI = NonNullable<
  NonNullable<Parameters<typeof jest.useFakeTimers>[0]> extends infer Config
    ? Config extends { doNotFake?: (infer Api)[] }
      ? Api
      : never
    : never
>;

describe.each(QUEUE_STORES)('sweeping, queue on $store', ({ optionsFor }) => {
  let db: TestDatabase;
  let queue: SettlementQueue;
  let jobs: JobQueue<SettleJob>;

  beforeAll(async () => {
    db = await createTestDatabase();
    const store = new QueueStore(optionsFor(db.url));
    queue = new SettlementQueue(store);
    jobs = await store.openQueue<SettleJob>(SETTLEMENT_QUEUE);
  });
  afterEach(async () => {
    jest.useRealTimers();
    await jobs.drain(true);
    await db.rows('TRUNCATE kakao_share.open_deliveries');
  });
  afterAll(async () => {
    await jobs.close();
    await queue.close();
    await db.drop();
  });

  async function groups(): Promise<string[][]> {
    return (await jobs.getJobs(['waiting', 'delayed'])).map((job) => [...job.data.deliveryIds]);
  }

  /** Deliveries that were dispatched so long ago that their lease of 60 s is over, or not. */
  async function givenOpen(count: number, secondsAgo: number, attempts = 0): Promise<string[]> {
    const ids = Array.from({ length: count }, newId);
    await db.rows(
      `INSERT INTO kakao_share.open_deliveries (delivery_id, attempts, dispatched_at, leased_until)
       SELECT id, $2, clock_timestamp() - make_interval(secs => $3), clock_timestamp() + make_interval(secs => 60 - $3)
       FROM unnest($1::uuid[]) AS g (id)`,
      [ids, attempts, secondsAgo],
    );
    return ids;
  }

  test('200,000 deliveries waiting ten minutes without a worker do not multiply jobs', async () => {
    await db.rows(
      `INSERT INTO kakao_share.open_deliveries (delivery_id, dispatched_at, leased_until)
       SELECT gen_random_uuid(), clock_timestamp(), clock_timestamp() + interval '60 s' FROM generate_series(1, ${MANY})`,
    );
    const start = Date.now();
    // Job times come from the adder's clock, so that is moved along; timers go on as they are.
    jest.useFakeTimers({ doNotFake: TIMERS, now: start });
    let swept = 0;
    for (let passedMs = 0; passedMs <= TEN_MINUTES_MS; passedMs += SWEEP_EVERY_MS) {
      const now = new Date(start + passedMs);
      jest.setSystemTime(now);
      swept += await sweep(db.database, queue, now);
      expect((await queue.backlog()).waiting).toBeLessThanOrEqual(MAX_JOBS);
    }
    const named = (await groups()).flat();
    expect(named).toHaveLength(MAX_JOBS * MAX_PER_JOB);
    expect(new Set(named).size).toBe(named.length);
    expect(swept).toBe(named.length);
  }, 240_000);

  test('200,000 deliveries that a slow worker works off are each named by one job', async () => {
    await db.rows(
      `INSERT INTO kakao_share.open_deliveries (delivery_id, dispatched_at, leased_until)
       SELECT gen_random_uuid(), clock_timestamp(), clock_timestamp() + interval '60 s' FROM generate_series(1, ${MANY})`,
    );
    const start = Date.now();
    jest.useFakeTimers({ doNotFake: TIMERS, now: start });
    const times = new Map<string, number>();
    let most = 0;
    for (let passedMs = 0; passedMs <= TEN_MINUTES_MS; passedMs += SWEEP_EVERY_MS) {
      const now = new Date(start + passedMs);
      jest.setSystemTime(now);
      await sweep(db.database, queue, now);
      // One job is worked off between two sweeps: most of them wait for longer than their lease.
      const [oldest] = await jobs.getWaiting(0, 0);
      if (oldest === undefined) continue;
      most = Math.max(most, (await queue.backlog()).waiting);
      for (const id of oldest.data.deliveryIds) times.set(id, (times.get(id) ?? 0) + 1);
      await db.rows('DELETE FROM kakao_share.open_deliveries WHERE delivery_id = ANY($1)', [
        oldest.data.deliveryIds,
      ]);
      await oldest.remove();
    }
    expect(most).toBeLessThanOrEqual(MAX_JOBS);
    expect(times.size).toBeGreaterThan(20_000);
    expect([...times.values()].filter((count) => count > 1)).toEqual([]);
    const named = (await groups()).flat();
    expect(new Set(named).size).toBe(named.length);
    expect(named.filter((id) => times.has(id))).toEqual([]);
  }, 240_000);

  test('200,000 deliveries are swept though the database last counted none', async () => {
    const insert = `INSERT INTO kakao_share.open_deliveries (delivery_id, dispatched_at, leased_until)
       SELECT gen_random_uuid(), clock_timestamp(), clock_timestamp() - interval '1 s' FROM generate_series(1, ${MANY})`;
    await db.rows('ALTER TABLE kakao_share.open_deliveries SET (autovacuum_enabled = off)');
    await db.rows(insert);
    await db.rows('DELETE FROM kakao_share.open_deliveries');
    await db.rows('VACUUM (TRUNCATE off) kakao_share.open_deliveries');
    await db.rows('ANALYZE kakao_share.open_deliveries');
    await db.rows(insert);
    const counted = await db.rows(
      `SELECT reltuples::integer AS rows FROM pg_class WHERE oid = 'kakao_share.open_deliveries'::regclass`,
    );
    expect(counted).toEqual([{ rows: 0 }]);
    expect(await sweep(db.database, queue)).toBe(2_000);
    const named = (await groups()).flat();
    expect(
      await countAttempts(db.database, named.slice(0, MAX_PER_JOB), 'any attempt'),
    ).toHaveLength(MAX_PER_JOB);
    await db.rows('ALTER TABLE kakao_share.open_deliveries RESET (autovacuum_enabled)');
  }, 240_000);

  test('a fresh delivery is left to the job that was asked for when it was stored', async () => {
    await db.database.transaction(LIMITS, (tx) => storeDeliveries(tx, [givenDelivery('fresh')]));
    // Some time is left of their lease, in which a busy machine gets round to the sweep.
    await givenOpen(3, 30);
    expect(await sweep(db.database, queue)).toBe(0);
    expect(await groups()).toEqual([]);
  });

  test('what lost its job goes together, what was tried before goes alone', async () => {
    const fresh = await givenOpen(150, 61);
    const tried = await givenOpen(3, 61, 1);
    expect(await sweep(db.database, queue)).toBe(153);
    const asked = (await groups()).sort((a, b) => b.length - a.length);
    expect(asked[0]?.sort()).toEqual(fresh.sort());
    expect(asked.slice(1).sort()).toEqual(tried.sort().map((id) => [id]));
  });

  test('what was swept has a new lease: the next sweep leaves it alone', async () => {
    await givenOpen(10, 61);
    expect(await sweep(db.database, queue)).toBe(10);
    expect(await sweep(db.database, queue)).toBe(0);
    await jobs.drain();
    expect(await sweep(db.database, queue)).toBe(0);
  });

  test('sweepers side by side ask for each delivery once', async () => {
    const ids = await givenOpen(1_000, 61);
    await Promise.all(Array.from({ length: 4 }, () => sweep(db.database, queue)));
    expect((await groups()).flat().sort()).toEqual(ids.sort());
  });

  test('while a job waits that was added before, the delivery it may name is left to it', async () => {
    const [id = ''] = await givenOpen(1, 61);
    await queue.add([[id]]);
    // The job was added just now, the delivery dispatched long before: it is not the job's.
    expect(await sweep(db.database, queue)).toBe(1);
    await db.rows(
      `UPDATE kakao_share.open_deliveries SET dispatched_at = clock_timestamp(), leased_until = clock_timestamp() - interval '1 s'`,
    );
    // Dispatched with that job: the queue is only slow.
    expect(await sweep(db.database, queue)).toBe(0);
  });
});
