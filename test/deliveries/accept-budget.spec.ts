import { databaseShareMs, timeLeftMs } from '../../src/deliveries/accept-budget.js';

const RECEIVED_AT = new Date('2026-01-01T00:00:00Z');
const LIMIT_MS = 2_500;

const left = (afterMs: number): number =>
  timeLeftMs(RECEIVED_AT, RECEIVED_AT.getTime() + afterMs, LIMIT_MS);

test.each([
  ['a body that came at once leaves the database its full share', 0, 1_200],
  ['one that took a second leaves it what the spool does not need', 1_000, 900],
  ['one that took nearly all leaves it nothing: the spool is used at once', 1_900, 0],
])('%s', (_, bodyMs, shareMs) => {
  expect(databaseShareMs(left(bodyMs), true)).toBe(shareMs);
});

test('without a spool the database may take all the time there is', () => {
  expect(databaseShareMs(left(0), false)).toBe(2_500);
  expect(databaseShareMs(left(2_000), false)).toBe(500);
});

test('a clock that is set meanwhile neither gives more time nor takes all of it', () => {
  expect(left(-600_000)).toBe(LIMIT_MS);
  expect(left(600_000)).toBeGreaterThan(0);
});
