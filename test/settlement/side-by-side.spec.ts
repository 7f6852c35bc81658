import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { DataSource } from 'typeorm';
import { Database } from '../../src/database/database.js';
import type { Delivery } from '../../src/deliveries/delivery.js';
import { QueueStore } from '../../src/queue/queue-store.js';
import { SettlementQueue } from '../../src/queue/settlement-queue.js';
import { settleBatch } from '../../src/settlement/settle-batch.js';
import { Settler } from '../../src/settlement/settler.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { Gate } from '../faults/gate.js';
import { pointsOf, proveWhole } from '../faults/proof.js';
import { createTestDatabase, patientOptions, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import { givenStored, verdictsOf } from './open-settlement.js';

const LIMITS = { statementTimeoutMs: 20_000 };
const POOLS = 4;

let db: TestDatabase;
let pools: DataSource[];
let queue: SettlementQueue;

beforeAll(async () => {
  db = await createTestDatabase();
  await givenCampaign(db);
  Logger.overrideLogger(false);
  queue = new SettlementQueue(new QueueStore({ postgres: { url: db.url } }));
  pools = await Promise.all(
    Array.from({ length: POOLS }, () =>
      new DataSource(patientOptions(db.url, 3, 'kakao-share test')).initialize(),
    ),
  );
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.destroy()));
  await queue.close();
  await db.drop();
});

function deadlocks(): Promise<number> {
  return db.number('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()');
}

async function settle(ids: readonly string[], worker = 0): Promise<number> {
  const pool = pools[worker % POOLS];
  if (pool === undefined) throw new Error('There is no such worker.');
  const database = new Database(pool);
  return (await database.transaction(LIMITS, (tx) => settleBatch(tx, ids, undefined))).length;
}

test('overlapping, reversed jobs of four workers at once: no deadlock, each delivery is settled once', async () => {
  const ids = await givenStored(
    db,
    Array.from({ length: 300 }, (_, index) =>
      // Few users, in every batch: their rows and the one budget are fought for.
      givenDelivery(`crossed-${index}`, { userId: `crossed-${index % 20}`, room: `room-${index}` }),
    ),
  );
  const before = await deadlocks();
  const settlers = pools.map(
    (pool) => new Settler(new Database(pool), queue, new Logger('Settler')),
  );
  await Promise.all(
    settlers.flatMap((settler, index) =>
      [0, 50, 100].map((start) => {
        const batch = ids.slice(start, start + 200);
        return settler.settle(index % 2 === 0 ? batch : batch.reverse());
      }),
    ),
  );
  // On a machine that is busy a lock may be waited for too long: then the retry comes later, and nobody plays it here.
  const postponed = await db.rows<{ last_error: string | null }>(
    'SELECT last_error FROM kakao_share.open_deliveries',
  );
  for (const { last_error } of postponed) expect(last_error).toMatch(/^55P03/);
  await settle(ids);
  expect(new Set(await verdictsOf(db, ids))).toEqual(new Set(['rewarded']));
  expect(await deadlocks()).toBe(before);
  expect(await pointsOf(db, 'crossed-7')).toBe(1_500);
  await proveWhole(db, []);
});

test('a user whom somebody holds locked holds up nobody else: the rest of the job is settled, that one is postponed', async () => {
  const ids = await givenStored(db, [
    givenDelivery('frozen-0', { userId: 'frozen', room: 'room-0' }),
  ]);
  await settle(ids);
  const gate = await Gate.lock(
    db,
    `SELECT FROM kakao_share.users WHERE user_id = 'frozen' FOR UPDATE`,
  );
  const batch = await givenStored(
    db,
    Array.from({ length: 8 }, (_, index) =>
      givenDelivery(`frozen-${index + 1}`, {
        userId: index === 3 ? 'frozen' : `free-${index}`,
        room: `frozen-room-${index}`,
      }),
    ),
  );
  const settling = new Settler(db.database, queue, new Logger('Settler')).settle(batch);
  await gate.untilReached(/FOR UPDATE OF u/);
  await settling;
  expect(await verdictsOf(db, batch)).toEqual(
    batch.map((_, index) => (index === 3 ? 'pending' : 'rewarded')),
  );
  expect(await db.rows('SELECT last_error FROM kakao_share.open_deliveries')).toEqual([
    { last_error: expect.stringContaining('55P03') as string },
  ]);
  await gate.open();
  await settle(batch);
  await proveWhole(db, []);
});

test('a delivery that a frozen worker holds is passed over, and neither counted nor settled by others', async () => {
  const ids = await givenStored(db, [
    givenDelivery('held', { userId: 'held' }),
    givenDelivery('not held', { userId: 'not held' }),
  ]);
  const gate = await Gate.lock(
    db,
    `SELECT FROM kakao_share.open_deliveries WHERE delivery_id = '${ids[0] ?? ''}' FOR UPDATE`,
  );
  await new Settler(db.database, queue, new Logger('Settler')).settle(ids);
  expect(await settle(ids.slice(0, 1))).toBe(0);
  expect(await verdictsOf(db, ids)).toEqual(['pending', 'rewarded']);
  expect(await db.rows('SELECT attempts, last_error FROM kakao_share.open_deliveries')).toEqual([
    { attempts: 0, last_error: null },
  ]);
  await gate.open();
  await settle(ids);
  expect(await verdictsOf(db, ids)).toEqual(['rewarded', 'rewarded']);
});

describe('whatever is shared, however it is batched and in whichever order it is settled', () => {
  const USERS = 3;
  const ROOMS = 3;
  /** Midnight in Seoul lies within. */
  const AROUND_MIDNIGHT = new Date('2026-11-21T14:59:59.990Z').getTime();

  const share = fc.record({
    user: fc.option(fc.nat(USERS - 1), { freq: 10 }),
    room: fc.nat(ROOMS - 1),
    afterMs: fc.nat(20),
  });
  type SharedOnce = typeof share extends fc.Arbitrary<infer Value> ? Value : never;
  const history = fc.array(share, { minLength: 1, maxLength: 24 }).chain((shares) =>
    fc.record({
      shares: fc.constant(shares),
      order: fc.shuffledSubarray(
        shares.map((_, index) => index),
        { minLength: shares.length },
      ),
      sizes: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 8 }),
    }),
  );

  let run = 0;
  function toDelivery({ user, room, afterMs }: SharedOnce, index: number): Delivery {
    return givenDelivery(`run-${run}-${index}`, {
      ...(user === null ? {} : { userId: `run-${run}-${user}` }),
      room: `room-${room}`,
      receivedAt: new Date(AROUND_MIDNIGHT + afterMs),
      ...(user === null
        ? {
            body: Buffer.from(
              JSON.stringify({ CHAT_TYPE: 'DirectChat', HASH_CHAT_ID: `room-${room}` }),
            ),
          }
        : {}),
    });
  }

  test('no reward is paid twice, each that is due is paid, and the books balance', async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ shares, order, sizes }) => {
        run++;
        const ids = await givenStored(db, shares.map(toDelivery));
        const jobs: string[][] = [];
        for (let start = 0, next = 0; start < order.length; next++) {
          const size = sizes[next % sizes.length] ?? 1;
          jobs.push(order.slice(start, start + size).map((index) => ids[index] ?? ''));
          start += size;
        }
        // Two workers take the jobs side by side, and one job is given to both.
        const settleEvery = async (worker: number): Promise<void> => {
          for (const job of jobs.filter((_, index) => index === 0 || index % 2 === worker))
            await settle(job, worker);
        };
        await Promise.all([settleEvery(0), settleEvery(1)]);

        // Once per user, room and day: what is due is a set, whatever the order.
        const due = new Set(
          shares
            .filter(({ user }) => user !== null)
            .map(({ user, room, afterMs }) => `${user ?? ''}/${room}/${afterMs < 10 ? 21 : 22}`),
        );
        const verdicts = await verdictsOf(db, ids);
        expect(verdicts.filter((verdict) => verdict === 'rewarded')).toHaveLength(due.size);
        expect(verdicts).not.toContain('pending');
        for (let user = 0; user < USERS; user++) {
          const dueToUser = [...due].filter((key) => key.startsWith(`${user}/`)).length;
          expect(await pointsOf(db, `run-${run}-${user}`)).toBe(dueToUser * 100);
        }
      }),
      { numRuns: 60 },
    );
    await proveWhole(db, []);
  }, 300_000);
});
