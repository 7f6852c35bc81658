import { ALARM_NAMES } from '../../src/config/alarm-settings.js';
import { compare, SEVERITY, type Alarm, type Finding } from '../../src/watch/alarm.js';
import type { DoorFacts } from '../../src/watch/door-tally.js';
import { compareClocks, judgeClock } from '../../src/watch/judge-clock.js';
import { judgeDeliveries, type DeliveryFacts } from '../../src/watch/judge-deliveries.js';
import { judgeDoor } from '../../src/watch/judge-door.js';
import { NO_SPOOL, type SpoolStanding } from '../../src/spool/spool-standing.js';
import { judgeSpool } from '../../src/watch/judge-spool.js';
import { judgeSilence, type SilenceFacts } from '../../src/watch/judge-silence.js';
import { judgeDatabase, judgeRedis } from '../../src/watch/judge-stores.js';
import type { RedisSafety } from '../../src/queue/redis-safety.js';

const namesOf = (found: readonly Finding[]): string[] => found.map(({ alarm }) => alarm);

describe('the door', () => {
  const calm: DoorFacts = {
    ...{ genuine: 1_000, late: 0, slowestMs: 40 },
    ...{ unauthorized: 0, foreign: 0, lost: 0, turnedAway: 0 },
  };

  test.each<[string, Partial<DoorFacts>, string[]]>([
    ['quick answers', {}, []],
    ['nothing to answer', { genuine: 0, slowestMs: 0 }, []],
    ['one answer that nearly took 3 s', { slowestMs: 2_500, late: 1 }, ['answers-slow']],
    ['one late answer in a thousand', { slowestMs: 1_600, late: 1 }, []],
    ['one late answer in a hundred', { slowestMs: 1_600, late: 10 }, ['answers-slow']],
    ['two late answers of few', { genuine: 90, slowestMs: 2_400, late: 2 }, []],
    ['three late answers of few', { genuine: 90, slowestMs: 1_600, late: 3 }, ['answers-slow']],
    ['all of few answers late', { genuine: 90, slowestMs: 2_400, late: 90 }, ['answers-slow']],
    ['one webhook answered 5xx', { lost: 1 }, ['webhooks-lost']],
    ['one webhook with a right key answered 4xx', { turnedAway: 1 }, ['webhooks-lost']],
    ['both', { lost: 1, turnedAway: 1 }, ['webhooks-lost']],
    ['a few wrong keys', { unauthorized: 19 }, []],
    ['a burst of wrong keys', { unauthorized: 20 }, ['webhooks-refused']],
    ['a few from foreign addresses', { foreign: 19 }, []],
    ['many from foreign addresses', { foreign: 20 }, ['webhooks-refused']],
    ['many of both', { unauthorized: 20, foreign: 20 }, ['webhooks-refused']],
  ])('%s', (_, facts, expected) => {
    expect(namesOf(judgeDoor({ ...calm, ...facts }))).toEqual(expected);
  });

  test.each<[string, Partial<DoorFacts>, string]>([
    [
      'wrong keys',
      { unauthorized: 30, foreign: 3 },
      '30 webhooks were answered 401 in 5 minutes, 1000 came with a right key',
    ],
    [
      'foreign addresses',
      { genuine: 0, foreign: 30 },
      '30 webhooks from addresses that KAKAO_NETWORKS does not name were answered 403 in 5 minutes, 0 came with a right key',
    ],
    [
      'lost for our sake and for theirs',
      { lost: 2, turnedAway: 3 },
      '2 webhooks with a right key were answered 5xx, and 3 webhooks with a right key were answered 4xx in 5 minutes: Kakao sends them once',
    ],
  ])('%s are told in words of their own', (_, facts, detail) => {
    expect(judgeDoor({ ...calm, ...facts }).map((found) => found.detail)).toEqual([detail]);
  });
});

describe('the spool', () => {
  const now = new Date('2026-11-21T10:00:00Z');
  const ago = (ms: number): Date => new Date(now.getTime() - ms);
  const empty: SpoolStanding = { ...NO_SPOOL, state: 'ok', maxBytes: 1_000 };

  test.each<[string, Partial<SpoolStanding>, string[]]>([
    ['empty', {}, []],
    ['none at all', { state: 'none' }, []],
    ['used for a moment', { framesWaiting: 9, oldestReceivedAt: ago(4_999) }, []],
    ['used for longer', { framesWaiting: 1, oldestReceivedAt: ago(5_000) }, ['spool-in-use']],
    ['used by a clock ahead', { framesWaiting: 1, oldestReceivedAt: ago(-9e6) }, ['spool-in-use']],
    ['full', { state: 'full', bytes: 1_000 }, ['spool-full']],
    ['broken', { state: 'broken' }, ['spool-full']],
    ['with what the database refuses', { refused: 1 }, ['spool-refused']],
    ['with a damaged file', { damaged: 1 }, ['spool-refused']],
    ['with what only a later version can read', { newer: 1 }, ['spool-refused']],
  ])('%s', (_, standing, expected) => {
    expect(namesOf(judgeSpool({ ...empty, ...standing }, now))).toEqual(expected);
  });
});

describe('clocks', () => {
  const at = (ms: number): Date => new Date(1_800_000_000_000 + ms);

  test.each<[string, [number, number, number], string[]]>([
    ['the same time', [0, 1, 2], []],
    ['a second and a little ahead', [1_010, 5, 1_012], ['clock-skew']],
    ['a second and a little behind', [0, 1_010, 2], ['clock-skew']],
    ['exactly a second', [1_000, 0, 1_000], []],
    ['a difference that slow answers explain', [0, 2_900, 3_000], []],
    ['a difference that slow answers do not explain', [0, 8_000, 3_000], ['clock-skew']],
  ])('%s', (_, [before, database, after], expected) => {
    expect(namesOf(judgeClock(compareClocks(at(before), at(database), at(after))))).toEqual(
      expected,
    );
  });
});

describe('deliveries', () => {
  const calm: DeliveryFacts = {
    ...{ open: 0, oldestOpenS: 0, received: 5_000, quarantined: 0 },
    unknownValues: {},
  };

  test.each<[string, Partial<DeliveryFacts>, string[]]>([
    ['all settled', {}, []],
    ['many open, none for long', { open: 90_000, oldestOpenS: 299 }, []],
    ['one open for too long', { open: 1, oldestOpenS: 300 }, ['settlement-behind']],
    ['some of many in quarantine', { quarantined: 19 }, []],
    ['many in quarantine', { quarantined: 20 }, ['quarantine-growing']],
    ['half of few in quarantine', { received: 6, quarantined: 3 }, ['quarantine-growing']],
    ['a third of few in quarantine', { received: 9, quarantined: 3 }, []],
    ['one or two in quarantine', { received: 2, quarantined: 2 }, []],
    ['a value that is not known', { unknownValues: { CHAT_TYPE: 1 } }, ['unknown-values']],
  ])('%s', (_, facts, expected) => {
    expect(namesOf(judgeDeliveries({ ...calm, ...facts }, 300))).toEqual(expected);
  });

  test('unknown values are told by field and count, not by value', () => {
    const [found] = judgeDeliveries({ ...calm, unknownValues: { CHAT_TYPE: 2, A: 1 } }, 300);
    expect(found?.detail).toMatch(/: A \(1\), CHAT_TYPE \(2\)$/);
  });
});

describe('silence', () => {
  const usual: SilenceFacts = {
    ...{ app: 'shop', isHeard: false, isAlarmed: false },
    ...{ issued: 20, earlier: 1_000, earlierShared: 300 },
  };

  test.each<[string, Partial<SilenceFacts>, boolean]>([
    ['three in ten share, none of twenty did', {}, true],
    ['three in ten share, none of nineteen did', { issued: 19 }, false],
    ['nearly all share, none of three did', { earlierShared: 950, issued: 3 }, true],
    ['one in a hundred shares, none of 600 did', { earlierShared: 10, issued: 600 }, false],
    ['one in a hundred shares, none of 700 did', { earlierShared: 10, issued: 700 }, true],
    ['nobody ever shared', { earlierShared: 0, issued: 10_000 }, false],
    ['no intents', { issued: 0 }, false],
    ['a webhook came', { isHeard: true, issued: 10_000 }, false],
    ['new here, none of 49 shared', { earlier: 49, earlierShared: 40, issued: 49 }, false],
    ['new here, none of 50 shared', { earlier: 0, earlierShared: 0, issued: 50 }, true],
    ['raised before, and no intents since', { isAlarmed: true, issued: 0 }, true],
    ['raised before, and a webhook came', { isAlarmed: true, isHeard: true }, false],
  ])('%s', (_, facts, isRaised) => {
    const found = judgeSilence([{ ...usual, ...facts }], 30);
    expect(found.map(({ alarm, app }) => [alarm, app])).toEqual(
      isRaised ? [['webhooks-missing', 'shop']] : [],
    );
  });
});

describe('stores', () => {
  test.each<[string, string, string[]]>([
    ['on', 'on', []],
    ['off', 'on', ['database-unsafe']],
    ['on', 'off', ['database-unsafe']],
  ])('Postgres with fsync %s and full_page_writes %s', (fsync, fullPageWrites, expected) => {
    expect(namesOf(judgeDatabase({ fsync, full_page_writes: fullPageWrites }))).toEqual(expected);
  });

  const safe: RedisSafety = {
    ...{ maxmemoryPolicy: 'noeviction', evictedKeys: 0 },
    ...{ isAofOn: true, savesSnapshots: false, isWriteFailing: false },
  };

  test.each<[string, Partial<RedisSafety>, string[]]>([
    ['AOF and noeviction', {}, []],
    ['snapshots alone', { isAofOn: false, savesSnapshots: true }, []],
    ['neither AOF nor snapshots', { isAofOn: false }, ['redis-forgets']],
    ['no AOF, and no word about snapshots', { isAofOn: false, savesSnapshots: undefined }, []],
    ['a disk that cannot be written', { isWriteFailing: true }, ['redis-forgets']],
    ['a policy that evicts', { maxmemoryPolicy: 'allkeys-lru' }, ['redis-evicts']],
    ['no word about the policy', { maxmemoryPolicy: undefined }, []],
    ['keys that were evicted', { evictedKeys: 1 }, ['redis-evicts']],
  ])('Redis with %s', (_, facts, expected) => {
    expect(namesOf(judgeRedis([safe, { ...safe, ...facts }]))).toEqual(expected);
  });

  test('the queue on Postgres has no Redis to worry about', () => {
    expect(judgeRedis([])).toEqual([]);
  });
});

describe('what changed', () => {
  const now = new Date('2026-11-21T10:00:00Z');
  const earlier = new Date('2026-11-21T09:00:00Z');
  const found: Finding = { alarm: 'webhooks-missing', app: 'shop', detail: 'now' };
  const known: Alarm = { ...found, detail: 'then', since: earlier };

  test('what is found first begins now', () => {
    const alarm = { ...found, since: now };
    expect(compare([], [found], now)).toEqual({ raised: [alarm], cleared: [], current: [alarm] });
  });

  test('what somebody has seen for longer began then', () => {
    expect(compare([], [{ ...found, since: earlier }], now).raised).toEqual([
      { ...found, since: earlier },
    ]);
  });

  test('what goes on keeps its beginning, with what is seen now', () => {
    const current = [{ ...found, since: earlier }];
    expect(compare([known], [found], now)).toEqual({ raised: [], cleared: [], current });
  });

  test('what is found no more is over; another app is another alarm', () => {
    const change = compare([known], [{ ...found, app: 'game' }], now);
    expect(change.cleared).toEqual([known]);
    expect(change.raised).toEqual([{ ...found, app: 'game', since: now }]);
  });

  test('what several see is one alarm', () => {
    expect(compare([], [found, found], now).raised).toHaveLength(1);
  });
});

test('every alarm has a severity', () => {
  expect(Object.keys(SEVERITY).sort()).toEqual([...ALARM_NAMES].sort());
});
