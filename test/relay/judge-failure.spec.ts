import {
  DestinationBusyError,
  DestinationGoneError,
  EventRefusedError,
} from '../../src/relay/event-transport.js';
import { judgeFailure, type FailedShard } from '../../src/relay/judge-failure.js';
import { OlderHandlerError } from '../../src/relay/publish-asked.js';
import { PublishOverdueError } from '../../src/relay/shard-publisher.js';

const NOW = new Date('2026-11-21T12:00:00Z');
const ago = (ms: number): Date => new Date(NOW.getTime() - ms);
const HOUR_MS = 3_600_000;

/** The first failure of a destination that has worked until now. */
const FIRST: FailedShard = {
  error: new Error('connection refused'),
  now: NOW,
  failures: 0,
  failingSince: null,
  failedAt: null,
  failedAlone: 0,
  lastPublishedAt: ago(1_000),
};
const judge = (differs: Partial<FailedShard>) => judgeFailure({ ...FIRST, ...differs });

test('what the transport refuses goes aside at once', () => {
  expect(judge({ error: new EventRefusedError('id', 'too large') })).toEqual({ then: 'set-aside' });
});

test('a destination that is gone is paused at once', () => {
  expect(judge({ error: new DestinationGoneError('410') })).toEqual({ then: 'pause', since: NOW });
});

test('the rest doubles from a quarter of a second to the longest that the transport wants', () => {
  const longestRest = (failures: number, maxRestMs?: number): number => {
    const rests = Array.from({ length: 200 }, () => judge({ failures, maxRestMs }));
    return Math.max(...rests.map((one) => (one.then === 'repeat' ? one.restMs : NaN)));
  };
  expect(longestRest(0)).toBeLessThanOrEqual(250);
  expect(longestRest(3)).toBeGreaterThan(1_000);
  expect(longestRest(50)).toBeLessThanOrEqual(15_000);
  expect(longestRest(50, 300_000)).toBeGreaterThan(150_000);
  expect(longestRest(50, 300_000)).toBeLessThanOrEqual(300_000);
});

test('a destination that asks for a rest gets it, but no longer one than the transport wants', () => {
  const busy = (retryAfterMs: number) =>
    judge({ error: new DestinationBusyError('429', retryAfterMs), maxRestMs: 60_000 });
  expect(busy(30_000)).toEqual({ then: 'repeat', restMs: 30_000, failedAlone: 0 });
  expect(busy(24 * HOUR_MS)).toEqual({ then: 'repeat', restMs: 60_000, failedAlone: 0 });
});

test('what only a newer process asks for rests for nobody else, and is never its own fault', () => {
  const failedAlone = { failedAt: ago(2_000), failedAlone: 4 };
  const older = judge({ ...failedAlone, error: new OlderHandlerError('handler:Wallet.credit') });
  expect(older).toEqual({ then: 'repeat', restMs: 0, failedAlone: 4 });
});

test('while a destination takes nothing at all, nothing goes aside, however often it fails', () => {
  const down = {
    failures: 10_000,
    failingSince: ago(100 * HOUR_MS),
    failedAt: ago(15_000),
    lastPublishedAt: ago(100 * HOUR_MS + 1),
  };
  expect(judge(down)).toMatchObject({ then: 'repeat', failedAlone: 0 });
});

test('what fails again and again while others are taken goes aside', () => {
  const failing = { failures: 9, failingSince: ago(60_000), failedAt: ago(5_000) };
  const taken = { ...failing, lastPublishedAt: ago(1_000) };
  expect(judge({ ...taken, failedAlone: 3 })).toMatchObject({ then: 'repeat', failedAlone: 4 });
  expect(judge({ ...taken, failedAlone: 4 })).toEqual({ then: 'set-aside' });
  // Nothing was taken since the last try: that says nothing of this event.
  expect(judge({ ...failing, lastPublishedAt: ago(6_000), failedAlone: 4 })).toMatchObject({
    then: 'repeat',
    failedAlone: 4,
  });
});

test('while the destination itself says that it cannot, nothing goes aside, though others are taken', () => {
  // A queue that is full now and then, an endpoint that limits its rate, a broker that one relay of several cannot reach.
  const busy = new DestinationBusyError('429', 0);
  const taken = { failures: 9, failingSince: ago(60_000), failedAt: ago(5_000) };
  expect(judge({ ...taken, error: busy, failedAlone: 4 })).toMatchObject({
    then: 'repeat',
    failedAlone: 4,
  });
});

test('what still runs never goes aside: it may succeed yet', () => {
  const overdue = new PublishOverdueError('still runs');
  const taken = { failures: 9, failingSince: ago(60_000), failedAt: ago(5_000) };
  expect(judge({ ...taken, error: overdue, failedAlone: 9 })).toMatchObject({ then: 'repeat' });
});

test('an endpoint is paused after a day without one success, and no sooner', () => {
  const endpoint = { pauseAfterMs: 24 * HOUR_MS, failures: 300, failedAt: ago(300_000) };
  const since = ago(24 * HOUR_MS);
  expect(judge({ ...endpoint, failingSince: since, lastPublishedAt: null })).toEqual({
    then: 'pause',
    since,
  });
  const almost = ago(24 * HOUR_MS - 1);
  expect(judge({ ...endpoint, failingSince: almost, lastPublishedAt: null })).toMatchObject({
    then: 'repeat',
  });
  // Another shard got through meanwhile.
  expect(judge({ ...endpoint, failingSince: since, lastPublishedAt: ago(HOUR_MS) })).toMatchObject({
    then: 'repeat',
  });
});

test('a destination without such a limit is never paused', () => {
  const failing = { failingSince: ago(1_000 * HOUR_MS), lastPublishedAt: null };
  expect(judge(failing)).toMatchObject({ then: 'repeat' });
});
