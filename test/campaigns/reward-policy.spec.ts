import { CHAT_TYPES } from '../../src/kakao/chat-types.js';
import {
  completeRules,
  type CampaignRules,
  type CampaignVersion,
} from '../../src/campaigns/campaign.js';
import {
  decideReward,
  possibleRewardKeys,
  type Decision,
  type ShareFacts,
} from '../../src/campaigns/reward-policy.js';

const RULES: CampaignRules = completeRules({
  startsAt: '2026-11-01T00:00:00+09:00',
  endsAt: '2026-12-01T00:00:00+09:00',
  timeZone: 'Asia/Seoul',
  chatTypes: ['DirectChat', 'MultiChat'],
  amount: 100,
});

function version(
  rules: Partial<CampaignRules> = {},
  overrides: Partial<CampaignVersion> = {},
): CampaignVersion {
  return {
    campaignId: 'campaign-1',
    app: 'default',
    unit: 'point',
    version: 1,
    effectiveFrom: new Date(0),
    state: 'live',
    rules: { ...RULES, ...rules },
    ...overrides,
  };
}

function share(receivedAt: string, overrides: Partial<ShareFacts> = {}): ShareFacts {
  return {
    app: 'default',
    receivedAt: new Date(receivedAt),
    userRef: 'user-1',
    chatType: 'DirectChat',
    roomHash: 'room-1',
    ...overrides,
  };
}

const NOON = '2026-11-21T12:00:00+09:00';
const nothingPaid = (): boolean => false;

function decide(facts: ShareFacts, versions = [version()], paid = nothingPaid): Decision {
  return decideReward(facts, versions, paid);
}

/** What a second share earns, after a first one was paid. */
function verdictAfter(first: ShareFacts, second: ShareFacts, versions = [version()]): string {
  const key = decide(first, versions).reward?.key;
  if (key === undefined) throw new Error('The first share was not paid.');
  return decideReward(second, versions, (asked) => asked === key).verdict;
}

describe('who and what counts', () => {
  test.each([
    ['a user in a room of the campaign', share(NOON), 'rewarded'],
    ['nobody', share(NOON, { userRef: undefined }), 'no-user'],
    ['an app without a campaign', share(NOON, { app: 'another' }), 'no-campaign'],
    ['a chat type that does not count', share(NOON, { chatType: 'OpenDirectChat' }), 'chat-type'],
    ['a chat type that Kakao adds one day', share(NOON, { chatType: 'NewChat' }), 'chat-type'],
  ] as const)('%s', (_, facts, verdict) => {
    const decision = decide(facts);
    expect(decision.verdict).toBe(verdict);
    expect(decision.reasons.length > 0).toBe(verdict !== 'rewarded');
    expect(decision.reward === undefined).toBe(verdict !== 'rewarded');
  });

  test.each(CHAT_TYPES)('a campaign for %s alone pays for that alone', (counted) => {
    const versions = [version({ chatTypes: [counted] })];
    const paying = CHAT_TYPES.filter(
      (chatType) => decide(share(NOON, { chatType }), versions).verdict === 'rewarded',
    );
    expect(paying).toEqual([counted]);
  });

  test('a campaign of another app pays nobody here', () => {
    expect(decide(share(NOON), [version({}, { app: 'another' })]).verdict).toBe('no-campaign');
  });
});

describe('the window', () => {
  test.each([
    ['the last moment before it', '2026-10-31T23:59:59.999+09:00', 'outside-window'],
    ['its first moment, which counts', '2026-11-01T00:00:00.000+09:00', 'rewarded'],
    ['its last moment, which counts', '2026-11-30T23:59:59.999+09:00', 'rewarded'],
    ['its end, which does not count', '2026-12-01T00:00:00.000+09:00', 'outside-window'],
  ])('%s', (_, receivedAt, verdict) => {
    expect(decide(share(receivedAt)).verdict).toBe(verdict);
  });

  test('without an end it stays open', () => {
    const versions = [version({ endsAt: null })];
    expect(decide(share('2099-01-01T00:00:00Z'), versions).verdict).toBe('rewarded');
  });

  test('of several campaigns the oldest that is running pays', () => {
    const over = version({ endsAt: '2026-11-10T00:00:00+09:00' });
    const running = version({ amount: 300 }, { campaignId: 'campaign-2' });
    const later = version({ amount: 500 }, { campaignId: 'campaign-3' });
    expect(decide(share(NOON), [later, over, running]).reward?.amount).toBe(300);
  });
});

describe('the version in force when the webhook was received', () => {
  const versions = [
    version({ amount: 100 }, { version: 1, effectiveFrom: new Date('2026-11-01T00:00:00+09:00') }),
    version({ amount: 200 }, { version: 2, effectiveFrom: new Date('2026-11-15T00:00:00+09:00') }),
    // Created last, in force earlier: a correction of the second.
    version({ amount: 300 }, { version: 3, effectiveFrom: new Date('2026-11-15T00:00:00+09:00') }),
    version({ amount: 900 }, { version: 4, effectiveFrom: new Date('2026-11-25T00:00:00+09:00') }),
  ];

  test.each([
    ['the last moment of the first', '2026-11-14T23:59:59.999+09:00', 100, 1],
    [
      'the first moment of the next; of two for one moment the newer',
      '2026-11-15T00:00:00+09:00',
      300,
      3,
    ],
    ['one that is announced does not count yet', '2026-11-24T23:59:59.999+09:00', 300, 3],
    ['from its moment on it does', '2026-11-25T00:00:00+09:00', 900, 4],
  ])('%s', (_, receivedAt, amount, number) => {
    for (const given of [versions, [...versions].reverse()]) {
      const { reward, campaign } = decide(share(receivedAt), given);
      expect([reward?.amount, campaign?.version]).toEqual([amount, number]);
    }
  });

  test('before the first there is no campaign', () => {
    expect(decide(share('2026-10-31T23:59:59.999+09:00'), versions).verdict).toBe('no-campaign');
  });
});

describe('once per user and room a day', () => {
  test('the same user in the same room on the same day was paid already', () => {
    const later = share('2026-11-21T23:00:00+09:00');
    expect(verdictAfter(share(NOON), later)).toBe('room-used-today');
  });

  test.each([
    ['another room', { roomHash: 'room-2' }],
    ['another user', { userRef: 'user-2' }],
  ])('%s is paid', (_, overrides) => {
    expect(verdictAfter(share(NOON), share(NOON, overrides))).toBe('rewarded');
  });

  test('a new version of the rules does not pay the same room again', () => {
    const versions = [
      version(),
      version(
        { amount: 500 },
        { version: 2, effectiveFrom: new Date('2026-11-21T13:00:00+09:00') },
      ),
    ];
    const later = share('2026-11-21T14:00:00+09:00');
    expect(verdictAfter(share(NOON), later, versions)).toBe('room-used-today');
  });

  test('the key tells neither room nor external user', () => {
    const key = decide(share(NOON, { roomHash: 'secret room' })).reward?.key;
    expect(key).not.toContain('secret room');
    expect(key).toBe(possibleRewardKeys(share(NOON, { roomHash: 'secret room' }), [version()])[0]);
  });

  const year = { startsAt: '2026-01-01T00:00:00Z', endsAt: null };
  test.each([
    [
      'Seoul, last and first moment of two days',
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
      'room-used-today',
    ],
    [
      'New York, both ends of the day of 23 hours',
      'America/New_York',
      '2026-03-08T05:00:00Z',
      '2026-03-09T03:59:59.999Z',
      'room-used-today',
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
      'room-used-today',
    ],
    [
      'New York, half past one, twice on the day of 25 hours',
      'America/New_York',
      '2026-11-01T05:30:00Z',
      '2026-11-01T06:30:00Z',
      'room-used-today',
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
    const versions = [version({ ...year, timeZone })];
    expect(verdictAfter(share(first), share(second), versions)).toBe(verdict);
  });
});

describe('a room without anybody else is a share to oneself, whatever its type', () => {
  const alone = share(NOON, { chatType: 'MultiChat', singleChatroom: true });

  test('it pays nothing where shares to oneself do not count', () => {
    const others = [version({ chatTypes: ['DirectChat', 'MultiChat'] })];
    expect(decide(alone, others).verdict).toBe('chat-type');
    expect(decide({ ...alone, singleChatroom: false }, others).verdict).toBe('rewarded');
    expect(decide({ ...alone, singleChatroom: undefined }, others).verdict).toBe('rewarded');
  });

  test('it pays where they do', () => {
    expect(decide(alone, [version({ chatTypes: ['MemoChat'] })]).verdict).toBe('rewarded');
  });
});
