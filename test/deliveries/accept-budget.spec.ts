import { databaseShareMs, timeLeftMs } from '../../src/deliveries/accept-budget.js';

const ARRIVED_AT_MS = 123_456.789;
const LIMIT_MS = 2_500;

const left = (afterMs: number): number =>
  timeLeftMs(ARRIVED_AT_MS, ARRIVED_AT_MS + afterMs, LIMIT_MS);

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

test('a process that stood still for longer than there is time still tries', () => {
  expect(left(600_000)).toBeGreaterThan(0);
});
