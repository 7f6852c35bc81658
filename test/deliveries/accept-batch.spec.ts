import { jest } from '@jest/globals';
import type { TransactionLimits, Transactor } from '../../src/database/database.js';
import { acceptBatch } from '../../src/deliveries/accept-batch.js';
import type { Acceptance } from '../../src/deliveries/delivery.js';
import { KeyGivenBackError, storeDeliveries } from '../../src/deliveries/store-deliveries.js';
import { KAKAO_LIMIT_MS } from '../../src/simulator/send.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenDelivery } from './given-delivery.js';

const LIMITS = { statementTimeoutMs: 10_000 };
/** What reading, writing and answering take besides. */
const ANSWERING_MS = 1_000;
/** Where it is not the time that is judged: a machine that is busy may need more of it than Kakao gives. */
const inTime = (): { deadlineMs: number } => ({ deadlineMs: performance.now() + 60_000 });

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => db.drop());

function statusesOf(results: readonly (Acceptance | Error)[]): string[] {
  return results.map((result) => (result instanceof Error ? result.message : result.status));
}

test('a key that somebody holds locked takes nobody with it: of 200, 199 are accepted and it alone is quarantined', async () => {
  const batch = Array.from({ length: 200 }, (_, index) => givenDelivery(`locked-${index}`));
  const results = await db.database.transaction(LIMITS, async (holder) => {
    await storeDeliveries(holder, [givenDelivery('locked-77')]);
    return acceptBatch(db.database, batch, { deadlineMs: performance.now() + 4_000 });
  });
  expect(statusesOf(results)).toEqual(
    batch.map((_, index) => (index === 77 ? 'quarantined' : 'accepted')),
  );
  const guilty = batch[77];
  expect(
    await db.rows('SELECT resource_id, problems FROM kakao_share.deliveries WHERE id = $1', [
      guilty?.id,
    ]),
  ).toEqual([{ resource_id: null, problems: [expect.anything()] }]);
});

test('a key that somebody holds locked keeps nobody waiting for longer than Kakao does', async () => {
  const batch = Array.from({ length: 200 }, (_, index) => givenDelivery(`locked-${index}`));
  let nowMs = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const tries: TransactionLimits[] = [];
  /** A database that does everything at once, but for the key that is held: for that one it waits as long as it may. */
  const database: Transactor = {
    transaction(limits, work) {
      tries.push(limits);
      return work({
        isTransaction: true,
        query: (_, columns = []) => {
          const [ids, , , resourceIds] = columns as [string[], string[], string[], string[]];
          if (!resourceIds.includes('locked-77'))
            return Promise.resolve(ids.map((id) => ({ id })) as never[]);
          nowMs += limits.lockTimeoutMs ?? limits.statementTimeoutMs;
          return Promise.reject(Object.assign(new Error('held'), { code: '55P03' }));
        },
      });
    },
  };
  const results = await acceptBatch(database, batch);
  expect(statusesOf(results)[77]).toBe('quarantined');
  expect(tries.length).toBeGreaterThan(4);
  expect(nowMs).toBeLessThan(KAKAO_LIMIT_MS - ANSWERING_MS);
});

test('a row that the database refuses takes nobody with it: it alone is quarantined', async () => {
  const batch = Array.from({ length: 200 }, (_, index) =>
    // Whatever slips past the door: Postgres stores no NUL in text.
    givenDelivery(index === 5 ? 'refused-\0' : `refused-${index}`),
  );
  expect(statusesOf(await acceptBatch(db.database, batch, inTime()))).toEqual(
    batch.map((_, index) => (index === 5 ? 'quarantined' : 'accepted')),
  );
});

test('a key that is free again within the time that Kakao gives is accepted, not quarantined', async () => {
  const accepting = db.database.transaction(LIMITS, async (holder) => {
    await holder.query('LOCK TABLE kakao_share.delivery_keys IN SHARE MODE');
    const results = acceptBatch(db.database, [givenDelivery('soon-free')], inTime());
    // Held until the first try has given up waiting for the lock.
    await holder.query('SELECT pg_sleep(0.45)');
    return { results };
  });
  expect(statusesOf(await (await accepting).results)).toEqual(['accepted']);
});

test('a connection that is lost is tried again within the time that Kakao gives', async () => {
  const batch = Array.from({ length: 20 }, (_, index) => givenDelivery(`killed-${index}`));
  const results = await db.database.transaction(LIMITS, async (holder) => {
    await holder.query('LOCK TABLE kakao_share.deliveries IN SHARE MODE');
    const accepting = acceptBatch(db.database, batch, inTime());
    await eventually(async () => {
      const killed = await db.number(
        `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      if (killed === 0) throw new Error('Nobody waits yet.');
    });
    return { accepting };
  });
  expect(statusesOf(await results.accepting)).toEqual(batch.map(() => 'accepted'));
});

test('a key that was given back while it was looked up is asked for again', async () => {
  let tries = 0;
  const database: Transactor = {
    transaction(limits, work) {
      if (tries++ === 0) return Promise.reject(new KeyGivenBackError());
      return db.database.transaction(limits, work);
    },
  };
  const results = await acceptBatch(database, [givenDelivery('given-back')], inTime());
  expect([statusesOf(results), tries]).toEqual([['accepted'], 2]);
});

test('a commit whose outcome was lost is found: the same delivery is accepted again, and settled once', async () => {
  const withId = givenDelivery('outcome-lost');
  const withoutId = { ...givenDelivery('outcome-lost-too'), resourceId: undefined };
  const first = await acceptBatch(db.database, [withId, withoutId], inTime());
  expect(await acceptBatch(db.database, [withId, withoutId], inTime())).toEqual(first);
  expect(statusesOf(first)).toEqual(['accepted', 'accepted']);
  // Settled meanwhile: storing it once more must not open it again.
  await db.rows('DELETE FROM kakao_share.open_deliveries WHERE delivery_id = ANY($1)', [
    [withId.id, withoutId.id],
  ]);
  await acceptBatch(db.database, [withId, withoutId], inTime());
  expect(
    await db.number(
      'SELECT count(*) FROM kakao_share.open_deliveries WHERE delivery_id = ANY($1)',
      [[withId.id, withoutId.id]],
    ),
  ).toBe(0);
});
