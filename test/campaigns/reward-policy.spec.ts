import { budgetNews } from '../../src/campaigns/budget-levels.js';
import type { LadderScope } from '../../src/campaigns/campaign.js';
import { completeRules } from '../../src/campaigns/complete-rules.js';
import { decide, decideAll, givenShare, givenVersion, NOON, UNVERIFIED } from './given-share.js';

const UNLIMITED = {
  perUserPerDay: null,
  perUser: null,
  perUserAndRoomPerDay: null,
  unlimited: true,
};

describe('a ladder pays by the number of distinct rooms', () => {
  const ladder = (per: LadderScope) => [
    givenVersion({
      amount: null,
      ladder: {
        per,
        steps: [
          { fromRooms: 1, amount: 100 },
          { fromRooms: 2, amount: 150 },
          { fromRooms: 4, amount: 500 },
        ],
      },
      caps: UNLIMITED,
      intent: { pays: 'at-most', atMost: 9, lifetimeMinutes: 60, maxOpenPerUser: 5 },
    }),
  ];
  const share = (day: number, intent: string, room: string) =>
    givenShare(`2026-11-${day}T12:00:00+09:00`, { intent, room });
  const shares = [
    share(20, 'one', 'a'),
    share(20, 'one', 'b'),
    share(20, 'two', 'c'),
    share(21, 'two', 'a'),
    share(21, 'two', 'd'),
  ];

  test.each([
    // The room at hand counts, a room that was reached before does not count again.
    ['campaign', [100, 150, 150, 150, 500]],
    ['day', [100, 150, 150, 100, 150]],
    ['intent', [100, 150, 100, 150, 150]],
  ] as const)('per %s', (per, amounts) => {
    const earned = decideAll(shares, ladder(per)).map((decision) => decision.earned?.amount);
    expect(earned).toEqual(amounts);
  });
});

describe('the budget', () => {
  test('pays as long as the whole reward fits', () => {
    expect(decide(givenShare(), undefined, { budgetLeft: 100 }).verdict).toBe('rewarded');
    expect(decide(givenShare(), undefined, { budgetLeft: 99 })).toMatchObject({
      verdict: 'budget',
      reasons: ["the campaign's budget has 99 left, and the reward would be 100"],
    });
  });

  test.each([
    [1_000, 100, []],
    [600, 100, [{ level: 'warning', percent: 50 }]],
    [500, 100, []],
    [
      900,
      700,
      [
        { level: 'warning', percent: 50 },
        { level: 'warning', percent: 80 },
      ],
    ],
    [100, 100, [{ level: 'exhausted' }]],
    [199, 100, [{ level: 'exhausted' }]],
    [99, 50, []],
  ])('with %d of 1000 left, a reward of %d tells %j', (left, amount, news) => {
    const rules = completeRules({
      startsAt: NOON,
      amount: 100,
      budget: 1_000,
      budgetWarningPercents: [50, 80],
    });
    expect(budgetNews(rules, 1_000, left, amount)).toEqual(news);
  });

  test('without one nothing is told', () => {
    const rules = completeRules({ startsAt: NOON, amount: 100 });
    expect(budgetNews(rules, Infinity, Infinity, 100)).toEqual([]);
  });
});

describe('what is earned is not always paid at once', () => {
  test('a hold keeps it pending, counted from receipt', () => {
    expect(decide(givenShare(), [givenVersion({ holdHours: 24 })])).toMatchObject({
      verdict: 'held',
      reasons: ['the points are pending until 2026-11-22T03:00:00.000Z'],
      earned: { paid: true, heldUntil: new Date('2026-11-22T03:00:00Z') },
    });
  });

  test('a test campaign never pays and says what it would have paid', () => {
    expect(decide(givenShare(), [givenVersion({ test: true })])).toMatchObject({
      verdict: 'test',
      reasons: ['would be paid 100 point'],
      earned: { paid: false },
    });
  });

  test('observe pays nothing, and tells also of bare user ids', () => {
    const observing = [givenVersion({ mode: 'observe' })];
    expect(decide(givenShare(), observing)).toMatchObject({ verdict: 'observe' });
    expect(decide(givenShare(NOON, UNVERIFIED), observing)).toMatchObject({
      verdict: 'observe',
      earned: { paid: false },
    });
    expect(decide(givenShare(NOON, { chatType: 'MemoChat' }), observing).verdict).toBe(
      'self-share',
    );
  });

  test('what was observed uses up nothing that is paid, and is capped among what was observed', () => {
    const capped = { caps: { ...UNLIMITED, unlimited: false, perUser: 1 } };
    const versions = [
      givenVersion({ ...capped, mode: 'observe' }),
      givenVersion(capped, { version: 2, effectiveFrom: new Date('2026-11-21T13:00:00+09:00') }),
    ];
    const at = (hour: number, intent: string) =>
      givenShare(`2026-11-21T${hour}:00:00+09:00`, { intent, room: intent });
    const decisions = decideAll([at(12, 'a'), at(12, 'b'), at(14, 'c'), at(15, 'd')], versions);
    expect(decisions.map(({ verdict }) => verdict)).toEqual(['observe', 'cap', 'rewarded', 'cap']);
  });
});
