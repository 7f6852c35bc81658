import { DataSource } from 'typeorm';
import { Database } from '../../src/database/database.js';
import type { Acceptance, Delivery } from '../../src/deliveries/delivery.js';
import { storeDeliveries } from '../../src/deliveries/store-deliveries.js';
import { Gate } from '../faults/gate.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, patientOptions, type TestDatabase } from '../support/test-database.js';
import { givenDelivery } from './given-delivery.js';

/** All wait for one gate, and then for each other, on a machine that may be busy. */
const LIMITS = { statementTimeoutMs: 60_000 };
const POOLS = 4;

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

function store(batch: readonly Delivery[], database = db.database): Promise<Acceptance[]> {
  return database.transaction(LIMITS, (tx) => storeDeliveries(tx, batch));
}

function count(table: string, resourceIds: readonly string[]): Promise<number> {
  return db.number(`SELECT count(*) FROM kakao_share.${table} WHERE resource_id = ANY($1)`, [
    resourceIds,
  ]);
}

test('of the same id twice in one batch exactly one is accepted, the other is its duplicate', async () => {
  const [first, second] = [givenDelivery('twice'), givenDelivery('twice')];
  expect(await store([first, second])).toEqual([
    { status: 'accepted', deliveryId: first.id, problems: [] },
    { status: 'duplicate', deliveryId: first.id, problems: [] },
  ]);
  expect(await count('deliveries', ['twice'])).toBe(1);
});

test('the same id of another app, or of another source, is no duplicate', async () => {
  const answers = await store([
    givenDelivery('shared id'),
    givenDelivery('shared id', { app: 'another' }),
    givenDelivery('shared id', { source: 'kakao.channel' }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted']);
});

test('deliveries without an id are like no other, however alike they are', async () => {
  const problems = [{ field: 'X-Kakao-Resource-ID', problem: 'is missing' }];
  const answers = await store([
    givenDelivery(undefined, { problems }),
    givenDelivery(undefined, { problems }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(['quarantined', 'quarantined']);
});

test('an id that another transaction commits meanwhile is a duplicate of that one', async () => {
  const first = givenDelivery('raced');
  let answers: Promise<Acceptance[]> | undefined;
  await db.database.transaction(LIMITS, async (tx) => {
    await storeDeliveries(tx, [first]);
    answers = store([givenDelivery('raced')]);
    // Only once the second one waits for the first does the commit come between its two statements.
    await untilBlocked();
  });
  expect(await answers).toEqual([{ status: 'duplicate', deliveryId: first.id, problems: [] }]);
});

test('other content under a known id is kept as a differing repeat, the same content is not, at most five', async () => {
  const first = givenDelivery('differing');
  await store([first]);
  await store([givenDelivery('differing')]);
  const differing = Array.from({ length: 8 }, (_, index) =>
    givenDelivery('differing', { room: `other-${index}` }),
  );
  for (const repeat of differing) expect((await store([repeat]))[0]?.status).toBe('duplicate');
  expect(
    await db.number('SELECT count(*) FROM kakao_share.differing_repeats WHERE delivery_id = $1', [
      first.id,
    ]),
  ).toBe(5);
});

test('overlapping, reversed batches of four pools at once: no deadlock, each id is accepted once', async () => {
  const pools = await Promise.all(
    Array.from({ length: POOLS }, () =>
      new DataSource(patientOptions(db.url, 3, 'kakao-share test')).initialize(),
    ),
  );
  try {
    const ids = Array.from({ length: 300 }, (_, index) => `crossed-${index}`);
    const deadlocksBefore = await deadlocks();
    // Everybody is held in the middle of the keys, with half of them in the hand: crossing orders would show.
    const gate = await Gate.close(db, {
      table: 'kakao_share.delivery_keys',
      on: 'INSERT',
      where: `NEW.resource_id = 'crossed-150'`,
    });
    const storing = pools.flatMap((pool, index) =>
      [0, 50, 100].map((start) => {
        const batch = ids.slice(start, start + 200).map((id) => givenDelivery(id));
        return store(index % 2 === 0 ? batch : batch.reverse(), new Database(pool));
      }),
    );
    await untilBlocked(storing.length);
    await gate.letPass();
    const answers = await Promise.all(storing);
    await gate.open();
    const accepted = answers.flat().filter(({ status }) => status === 'accepted');
    expect(accepted).toHaveLength(ids.length);
    expect(await count('delivery_keys', ids)).toBe(ids.length);
    expect(await count('deliveries', ids)).toBe(ids.length);
    expect(await deadlocks()).toBe(deadlocksBefore);
  } finally {
    await Promise.all(pools.map((pool) => pool.destroy()));
  }
});

function deadlocks(): Promise<number> {
  return db.number(`SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`);
}

async function untilBlocked(sessions = 1): Promise<void> {
  await eventually(async () => {
    const blocked = await db.number(
      `SELECT count(*) FROM pg_stat_activity
       WHERE datname = current_database() AND state = 'active' AND wait_event_type = 'Lock'`,
    );
    if (blocked < sessions) throw new Error(`${blocked} sessions wait, not ${sessions}.`);
  });
}
