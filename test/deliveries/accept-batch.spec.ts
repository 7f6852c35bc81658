import { acceptBatch } from '../../src/deliveries/accept-batch.js';
import type { Acceptance } from '../../src/deliveries/delivery.js';
import { storeDeliveries } from '../../src/deliveries/store-deliveries.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenDelivery } from './given-delivery.js';

const LIMITS = { statementTimeoutMs: 10_000 };
/** What Kakao allows for the whole webhook. */
const KAKAO_LIMIT_MS = 3_000;

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

function statusesOf(results: readonly (Acceptance | Error)[]): string[] {
  return results.map((result) => (result instanceof Error ? result.message : result.status));
}

test('a key that somebody holds locked takes nobody with it: of 200, 199 are accepted and it alone is quarantined', async () => {
  const batch = Array.from({ length: 200 }, (_, index) => givenDelivery(`locked-${index}`));
  const startedAt = performance.now();
  const results = await db.database.transaction(LIMITS, async (holder) => {
    await storeDeliveries(holder, [givenDelivery('locked-77')]);
    return acceptBatch(db.database, batch);
  });
  expect(performance.now() - startedAt).toBeLessThan(KAKAO_LIMIT_MS);
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

test('a row that the database refuses takes nobody with it: it alone is quarantined', async () => {
  const batch = Array.from({ length: 200 }, (_, index) =>
    // Whatever slips past the door: Postgres stores no NUL in text.
    givenDelivery(index === 5 ? 'refused-\0' : `refused-${index}`),
  );
  expect(statusesOf(await acceptBatch(db.database, batch))).toEqual(
    batch.map((_, index) => (index === 5 ? 'quarantined' : 'accepted')),
  );
});

test('a key that is free again within the time that Kakao gives is accepted, not quarantined', async () => {
  const accepting = db.database.transaction(LIMITS, async (holder) => {
    await holder.query('LOCK TABLE kakao_share.delivery_keys IN SHARE MODE');
    const results = acceptBatch(db.database, [givenDelivery('soon-free')]);
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
    const accepting = acceptBatch(db.database, batch);
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

test('a commit whose outcome was lost is found: the same delivery is accepted again, and settled once', async () => {
  const withId = givenDelivery('outcome-lost');
  const withoutId = { ...givenDelivery('outcome-lost-too'), resourceId: undefined };
  const first = await acceptBatch(db.database, [withId, withoutId]);
  expect(await acceptBatch(db.database, [withId, withoutId])).toEqual(first);
  expect(statusesOf(first)).toEqual(['accepted', 'accepted']);
  // Settled meanwhile: storing it once more must not open it again.
  await db.rows('DELETE FROM kakao_share.open_deliveries WHERE delivery_id = ANY($1)', [
    [withId.id, withoutId.id],
  ]);
  await acceptBatch(db.database, [withId, withoutId]);
  expect(
    await db.number(
      'SELECT count(*) FROM kakao_share.open_deliveries WHERE delivery_id = ANY($1)',
      [[withId.id, withoutId.id]],
    ),
  ).toBe(0);
});
