import { DoorTally } from '../../src/watch/door-tally.js';

const MINUTE_MS = 60_000;

test('counts what came with a right key, what was refused, and what was lost', () => {
  const tally = new DoorTally(() => 0);
  tally.answered(200, 10);
  tally.answered(503, 2_600);
  tally.answered(401, 1);
  tally.answered(403, 1);
  tally.answered(413, 1);
  tally.answered(undefined, 1_700);
  expect(tally.facts()).toEqual({
    genuine: 3,
    late: 2,
    slowestMs: 2_600,
    unauthorized: 1,
    foreign: 1,
    lost: 1,
    turnedAway: 0,
  });
});

test('what came with a right key and was refused is turned away, whatever its status; how long that took says nothing of us', () => {
  const tally = new DoorTally(() => 0);
  for (const status of [400, 401, 403, 408, 413]) tally.answered(status, 2_100, true);
  expect(tally.facts()).toEqual({
    ...{ genuine: 5, late: 0, slowestMs: 0 },
    ...{ unauthorized: 0, foreign: 0, lost: 0, turnedAway: 5 },
  });
});

test('forgets what is older than five minutes, bit by bit', () => {
  let nowMs = 0;
  const tally = new DoorTally(() => nowMs);
  tally.answered(401, 1);
  nowMs = 4 * MINUTE_MS;
  tally.answered(401, 1);
  expect(tally.facts().unauthorized).toBe(2);
  nowMs = 5 * MINUTE_MS;
  expect(tally.facts().unauthorized).toBe(1);
  nowMs = 9 * MINUTE_MS;
  expect(tally.facts()).toMatchObject({ unauthorized: 0, slowestMs: 0 });
});
