import { newId } from '../../src/database/new-id.js';
import { logAttempt, trimDeliveryLog } from '../../src/endpoints/delivery-log.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const DAY_MS = 24 * 3_600_000;

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

test('the log goes back 30 days', async () => {
  const attempt = {
    ...{ endpointId: newId(), eventId: newId(), attemptedAt: new Date(), durationMs: 1.6 },
    ...{ statusCode: undefined, outcome: 'failed' as const, error: 'a test' },
  };
  await logAttempt(db.database, attempt);
  const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);
  const count = (): Promise<number> =>
    db.number('SELECT count(*) FROM kakao_share.event_endpoint_deliveries');
  expect(await trimDeliveryLog(db.database, inDays(29))).toBe(false);
  expect(await count()).toBe(1);
  expect(await trimDeliveryLog(db.database, inDays(31))).toBe(false);
  expect(await count()).toBe(0);
});

test('it is trimmed a batch at a time', async () => {
  await db.rows(
    `INSERT INTO kakao_share.event_endpoint_deliveries
       (id, endpoint_id, event_id, attempted_at, duration_ms, outcome)
     SELECT ('019a0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $1, $1, clock_timestamp(), 1, 'delivered'
     FROM generate_series(1, 5001) n`,
    [newId()],
  );
  const later = new Date(Date.now() + 400 * DAY_MS);
  expect(await trimDeliveryLog(db.database, later)).toBe(true);
  expect(await trimDeliveryLog(db.database, later)).toBe(false);
});
