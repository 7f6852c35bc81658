import { errorCodeOf } from '../../src/database/database-errors.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

test.each([
  ['a day that does not exist', { startsAt: '2099-13-45T00:00:00+09:00' }],
  ['a time without its offset', { startsAt: '2026-01-01T00:00:00' }],
  ['a window that ends before it starts', { endsAt: '2019-01-01T00:00:00+09:00' }],
  ['a float amount', { amount: 1.5 }],
  ['no amount', { amount: 0 }],
  ['a negative amount', { amount: -100 }],
  ['an amount beyond exact numbers', { amount: 9_007_199_254_740_992 }],
  ['a time zone that does not exist', { timeZone: 'Asia/Atlantis' }],
  ['chat types that are no list', { chatTypes: 'DirectChat' as never }],
])('the database refuses rules with %s', async (_, rules) => {
  const refused = await givenCampaign(db, rules).then(() => undefined, errorCodeOf);
  // A data exception or a failed check.
  expect(refused).toMatch(/^2[23]/);
});

test('rules that are right are taken', async () => {
  await expect(givenCampaign(db, { endsAt: '2030-01-01T00:00:00Z' })).resolves.toEqual(
    expect.any(String),
  );
});
