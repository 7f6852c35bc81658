import { acceptBatch } from '../../src/deliveries/accept-batch.js';
import type { Acceptance } from '../../src/deliveries/delivery.js';
import { storeDeliveries } from '../../src/deliveries/store-deliveries.js';
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
