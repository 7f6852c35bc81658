import type { CampaignRules } from '../../src/campaigns/campaign.js';
import {
  decide,
  decideAll,
  givenShare,
  givenVersion,
  NOON,
  UNVERIFIED,
  verdictsOf,
} from './given-share.js';

const NO_CAPS: CampaignRules['caps'] = {
  perUserPerDay: null,
  perUser: null,
  perUserAndRoomPerDay: null,
  unlimited: true,
};
const intentRule = (pays: CampaignRules['intent']['pays'], atMost: number | null = null) =>
  givenVersion({ caps: NO_CAPS, intent: { pays, atMost, lifetimeMinutes: 60, maxOpenPerUser: 5 } });
const minutesLater = (minutes: number, overrides: Parameters<typeof givenShare>[1] = {}) =>
  givenShare(new Date(new Date(NOON).getTime() + minutes * 60_000), overrides);

describe('how often one intent pays', () => {
  const fiveRooms = [1, 2, 3, 4, 5].map((n) => givenShare(NOON, { room: `room-${n}` }));
  const again = minutesLater(1, { room: 'room-1' });

  test.each([
    ['once', intentRule('once'), 1],
    ['once per room', intentRule('once-per-room'), 5],
    ['at most 3', intentRule('at-most', 3), 3],
  ])('%s: one tap to five rooms, and once more to the first', (_, version, paid) => {
    const verdicts = verdictsOf([...fiveRooms, again], [version]);
    expect(verdicts.filter((verdict) => verdict === 'rewarded')).toHaveLength(paid);
    expect(verdicts.filter((verdict) => verdict === 'intent-used')).toHaveLength(6 - paid);
  });

  test('a share that is refused does not use the intent up: to oneself, then to a friend', () => {
    const toOneself = givenShare(NOON, { chatType: 'MemoChat' });
    expect(verdictsOf([toOneself, minutesLater(1)], [intentRule('once')])).toEqual([
      'self-share',
      'rewarded',
    ]);
  });

  test('another intent of the same user is another promise', () => {
    const second = minutesLater(1, { intent: 'intent-2' });
    expect(verdictsOf([givenShare(), second], [intentRule('once')])).toEqual([
      'rewarded',
      'rewarded',
    ]);
  });

  test('each payment has a key of its own, and the same share always the same one', () => {
    for (const version of [intentRule('once-per-room'), intentRule('at-most', 5)]) {
      const keys = decideAll(fiveRooms, [version]).map(({ earned }) => earned?.key);
      expect(new Set(keys).size).toBe(5);
      expect(decideAll(fiveRooms, [version]).map(({ earned }) => earned?.key)).toEqual(keys);
    }
  });
});

describe('caps', () => {
  const capped = (caps: Partial<CampaignRules['caps']>) => [
    givenVersion({ caps: { ...NO_CAPS, unlimited: false, ...caps } }),
  ];
  const shares = [0, 1, 2, 3].map((n) =>
    minutesLater(n, { intent: `intent-${n}`, room: `room-${n}` }),
  );

  test('per user and day', () => {
    const nextDay = minutesLater(13 * 60, { intent: 'intent-9', room: 'room-9' });
    expect(verdictsOf([...shares, nextDay], capped({ perUserPerDay: 3 }))).toEqual([
      'rewarded',
      'rewarded',
      'rewarded',
      'cap',
      'rewarded',
    ]);
  });

  test('per user in all', () => {
    const nextDay = minutesLater(13 * 60, { intent: 'intent-9', room: 'room-9' });
    expect(verdictsOf([...shares, nextDay], capped({ perUser: 2 })).slice(2)).toEqual([
      'cap',
      'cap',
      'cap',
    ]);
  });

  test('per user and room a day', () => {
    const oneRoom = shares.map((share) => ({ ...share, room: 'one' }));
    expect(verdictsOf(oneRoom, capped({ perUserAndRoomPerDay: 2, perUser: 99 }))).toEqual([
      'rewarded',
      'rewarded',
      'room-used-today',
      'room-used-today',
    ]);
  });

  test('each user has caps of their own', () => {
    const other = { ...shares[0], userRef: 'user-2' } as (typeof shares)[0];
    expect(verdictsOf([...shares, other], capped({ perUserPerDay: 1 })).at(-1)).toBe('rewarded');
  });

  test('a new version of the rules goes on counting', () => {
    const versions = [
      givenVersion({ caps: { ...NO_CAPS, unlimited: false, perUserPerDay: 1 } }),
      givenVersion(
        { amount: 500, caps: { ...NO_CAPS, unlimited: false, perUserPerDay: 1 } },
        { version: 2, effectiveFrom: shares[1]?.receivedAt ?? new Date() },
      ),
    ];
    expect(verdictsOf(shares.slice(0, 2), versions)).toEqual(['rewarded', 'cap']);
  });
});

describe('where the day begins', () => {
  const year = { startsAt: '2026-01-01T00:00:00Z', endsAt: null };
  test.each([
    [
      'Seoul, around midnight',
      'Asia/Seoul',
      '2026-11-21T14:59:59.999Z',
      '2026-11-21T15:00:00Z',
      'rewarded',
    ],
    [
      'Seoul, both ends of one day',
      'Asia/Seoul',
      '2026-11-20T15:00:00Z',
      '2026-11-21T14:59:59.999Z',
      'cap',
    ],
    [
      'New York, both ends of the day of 23 hours',
      'America/New_York',
      '2026-03-08T05:00:00Z',
      '2026-03-09T03:59:59.999Z',
      'cap',
    ],
    [
      'New York, before the day of 23 hours',
      'America/New_York',
      '2026-03-08T04:59:59.999Z',
      '2026-03-08T05:00:00Z',
      'rewarded',
    ],
    [
      'New York, after the day of 23 hours',
      'America/New_York',
      '2026-03-09T03:59:59.999Z',
      '2026-03-09T04:00:00Z',
      'rewarded',
    ],
    [
      'New York, both ends of the day of 25 hours',
      'America/New_York',
      '2026-11-01T04:00:00Z',
      '2026-11-02T04:59:59.999Z',
      'cap',
    ],
    [
      'New York, half past one, twice on the day of 25 hours',
      'America/New_York',
      '2026-11-01T05:30:00Z',
      '2026-11-01T06:30:00Z',
      'cap',
    ],
    [
      'New York, before the day of 25 hours',
      'America/New_York',
      '2026-11-01T03:59:59.999Z',
      '2026-11-01T04:00:00Z',
      'rewarded',
    ],
    [
      'New York, after the day of 25 hours',
      'America/New_York',
      '2026-11-02T04:59:59.999Z',
      '2026-11-02T05:00:00Z',
      'rewarded',
    ],
  ])('%s', (_, timeZone, first, second, verdict) => {
    const versions = [
      givenVersion({
        ...year,
        timeZone,
        caps: { ...NO_CAPS, unlimited: false, perUserPerDay: 1 },
      }),
    ];
    const shares = [givenShare(first), givenShare(second, { intent: 'intent-2', room: 'room-2' })];
    expect(verdictsOf(shares, versions)[1]).toBe(verdict);
    // A backlog may be settled in any order.
    expect(verdictsOf([...shares].reverse(), versions)[1]).toBe(verdict);
  });
});

describe('cool-down', () => {
  const cooling = [
    givenVersion({
      caps: NO_CAPS,
      coolDownSeconds: 600,
      intent: { pays: 'once-per-room', atMost: null, lifetimeMinutes: 60, maxOpenPerUser: 5 },
    }),
  ];
  const second = (minutes: number) => minutesLater(minutes, { intent: 'intent-2' });

  test.each([
    ['just before it is over', second(9.999), 'cool-down'],
    ['when it is over', second(10), 'rewarded'],
    ['a share received earlier and settled later, too near', second(-9.999), 'cool-down'],
    ['a share received earlier and settled later, far enough', second(-10), 'rewarded'],
  ])('%s', (_, share, verdict) => {
    expect(verdictsOf([givenShare(), share], cooling)[1]).toBe(verdict);
  });

  test('rooms that one tap reached are one share', () => {
    const rooms = [1, 2, 3].map((n) => givenShare(NOON, { room: `room-${n}` }));
    expect(new Set(verdictsOf(rooms, cooling))).toEqual(new Set(['rewarded']));
  });
});

describe('unverified shares', () => {
  const bare = (minutes: number, room: string) => minutesLater(minutes, { ...UNVERIFIED, room });
  const compat = [
    givenVersion({
      mode: 'compat',
      caps: { ...NO_CAPS, unlimited: false, perUserPerDay: 3, perUser: 3 },
      unverifiedCaps: { perUserPerDay: 2, perUser: 2 },
    }),
  ];

  test('a thousand forged shares in a name use up nothing that is the named user’s own', () => {
    const forged = Array.from({ length: 1_000 }, (_, n) => bare(n / 100, `room-${n}`));
    const own = [0, 1, 2].map((n) =>
      minutesLater(20 + n, { intent: `own-${n}`, room: `room-${n}` }),
    );
    const verdicts = verdictsOf([...forged, ...own], compat);
    expect(verdicts.slice(0, 1_000).filter((verdict) => verdict === 'rewarded')).toHaveLength(2);
    expect(verdicts.slice(1_000)).toEqual(['rewarded', 'rewarded', 'rewarded']);
  });

  test('are paid once per room and day at most, and not beside a verified one', () => {
    const shares = [bare(0, 'a'), bare(1, 'a'), givenShare(NOON, { room: 'b' }), bare(2, 'b')];
    expect(verdictsOf(shares, compat)).toEqual([
      'rewarded',
      'room-used-today',
      'rewarded',
      'room-used-today',
    ]);
  });

  test('say so', () => {
    expect(decide(bare(0, 'a'), compat).earned?.intentId).toBeUndefined();
    expect(decide(givenShare(), compat).earned?.intentId).toBe('intent-1');
  });

  test('the key tells neither room nor external user', () => {
    expect(decide(bare(0, 'secret room'), compat).earned?.key).not.toContain('secret room');
  });
});
