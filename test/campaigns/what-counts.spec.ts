import { CHAT_TYPES } from '../../src/kakao/chat-types.js';
import { MEMBER_COUNT_RANGES } from '../../src/kakao/member-count-ranges.js';
import { decide, givenShare, givenVersion, NOON, UNVERIFIED } from './given-share.js';

describe('who and what counts', () => {
  test.each([
    ['a user in a room of the campaign', givenShare(), 'rewarded'],
    ['nobody', givenShare(NOON, { userRef: undefined, ...UNVERIFIED }), 'no-user'],
    ['the intent of a user who was erased', givenShare(NOON, { userRef: undefined }), 'no-user'],
    ['an app without a campaign', givenShare(NOON, { app: 'another' }), 'no-campaign'],
    [
      'a chat type that does not count',
      givenShare(NOON, { chatType: 'OpenDirectChat' }),
      'chat-type',
    ],
    ['a chat type that Kakao adds one day', givenShare(NOON, { chatType: 'NewChat' }), 'chat-type'],
    ['a share to oneself', givenShare(NOON, { chatType: 'MemoChat' }), 'self-share'],
    ['no intent where one is needed', givenShare(NOON, UNVERIFIED), 'intent-missing'],
    ['a forged token', givenShare(NOON, { intent: { status: 'invalid' } }), 'intent-invalid'],
    [
      'a token of another app',
      givenShare(NOON, { intent: { status: 'foreign' } }),
      'intent-foreign',
    ],
  ] as const)('%s', (_, facts, verdict) => {
    const decision = decide(facts);
    expect(decision.verdict).toBe(verdict);
    expect(decision.reasons.length > 0).toBe(verdict !== 'rewarded');
    expect(decision.earned === undefined).toBe(verdict !== 'rewarded');
  });

  test.each(['invalid', 'foreign'] as const)(
    'a token that is %s earns nothing where a bare user id would',
    (status) => {
      const compat = givenVersion({
        mode: 'compat',
        unverifiedCaps: { perUserPerDay: 5, perUser: null },
      });
      expect(decide(givenShare(NOON, UNVERIFIED), [compat]).verdict).toBe('rewarded');
      expect(decide(givenShare(NOON, { intent: { status } }), [compat]).verdict).toBe(
        `intent-${status}`,
      );
    },
  );

  test.each(CHAT_TYPES)('a campaign for %s alone pays for that alone', (counted) => {
    const versions = [givenVersion({ chatTypes: [counted] })];
    const paying = CHAT_TYPES.filter(
      (chatType) => decide(givenShare(NOON, { chatType }), versions).verdict === 'rewarded',
    );
    expect(paying).toEqual([counted]);
  });
});

describe('the window', () => {
  test.each([
    ['the last moment before it', '2026-10-31T23:59:59.999+09:00', 'outside-window'],
    ['its first moment, which counts', '2026-11-01T00:00:00.000+09:00', 'rewarded'],
    ['its last moment, which counts', '2026-11-30T23:59:59.999+09:00', 'rewarded'],
    ['its end, which does not count', '2026-12-01T00:00:00.000+09:00', 'outside-window'],
  ])('%s', (_, receivedAt, verdict) => {
    expect(decide(givenShare(receivedAt)).verdict).toBe(verdict);
  });

  test('without an end it stays open', () => {
    const versions = [givenVersion({ endsAt: null })];
    expect(decide(givenShare('2098-01-01T00:00:00Z'), versions).verdict).toBe('rewarded');
  });

  test('a campaign that was ended by hand is over', () => {
    const ended = [givenVersion({}, { state: 'ended' })];
    expect(decide(givenShare(), ended).verdict).toBe('outside-window');
  });
});

test('an intent counts until it expires, by the time of receipt', () => {
  const expiresAt = new Date(NOON);
  const at = (ms: number) =>
    decide(
      givenShare(new Date(expiresAt.getTime() + ms), {
        intent: { status: 'valid', id: 'intent-1', campaignId: 'campaign-1', expiresAt },
      }),
    ).verdict;
  expect([at(-1), at(0)]).toEqual(['rewarded', 'intent-expired']);
});

describe('a room with nobody else in it', () => {
  const told = (singleChatroom: boolean | undefined) =>
    givenShare(NOON, { chatType: 'MultiChat', singleChatroom });

  test.each([
    ['self-share', 'count', ['self-share', 'rewarded', 'rewarded']],
    ['self-share', 'self-share', ['self-share', 'rewarded', 'self-share']],
    ['count', 'count', ['rewarded', 'rewarded', 'rewarded']],
  ] as const)('alone means %s, not told means %s', (whenTrue, whenNotTold, verdicts) => {
    const versions = [
      givenVersion({ hasPaidUsage: true, singleChatroom: { whenTrue, whenNotTold } }),
    ];
    expect([true, false, undefined].map((one) => decide(told(one), versions).verdict)).toEqual(
      verdicts,
    );
  });

  test('it pays where shares to oneself count, and only there', () => {
    const toOneself = [givenVersion({ chatTypes: ['MemoChat'] })];
    expect(decide(told(true), toOneself).verdict).toBe('rewarded');
    expect(decide(told(false), toOneself).verdict).toBe('chat-type');
  });
});

describe('room sizes', () => {
  const verdictFor = (memberRange: string | undefined, whenNotTold: 'count' | 'refuse') =>
    decide(givenShare(NOON, { memberRange }), [
      givenVersion({ hasPaidUsage: true, roomSizes: { ranges: ['5+', '10+'], whenNotTold } }),
    ]).verdict;

  test('only the ranges that were named count', () => {
    const counted = MEMBER_COUNT_RANGES.filter((one) => verdictFor(one, 'refuse') === 'rewarded');
    expect(counted).toEqual(['5+', '10+']);
    expect(verdictFor('7+', 'count')).toBe('room-size');
  });

  test.each([undefined, 'UNKNOWN'])(
    '%s is not told, and the rule says what that means',
    (range) => {
      expect(verdictFor(range, 'count')).toBe('rewarded');
      expect(verdictFor(range, 'refuse')).toBe('room-size');
    },
  );

  test('a campaign without ranges takes every room', () => {
    expect(decide(givenShare(NOON, { memberRange: '1000+' })).verdict).toBe('rewarded');
  });
});

describe('without paid usage Kakao tells nothing about rooms, so a page could make it up', () => {
  const told = (singleChatroom: boolean | undefined) =>
    givenShare(NOON, { chatType: 'MultiChat', singleChatroom });

  test('that somebody else is in the room is taken as not told, that nobody is, is believed', () => {
    const versions = [
      givenVersion({ singleChatroom: { whenTrue: 'self-share', whenNotTold: 'self-share' } }),
    ];
    expect([false, undefined].map((one) => decide(told(one), versions).verdict)).toEqual([
      'self-share',
      'self-share',
    ]);
    expect(decide(told(true)).verdict).toBe('self-share');
    expect(decide(told(false)).verdict).toBe('rewarded');
  });

  test('a range is taken as not told', () => {
    const versions = [givenVersion({ roomSizes: { ranges: ['100+'], whenNotTold: 'refuse' } })];
    expect(decide(givenShare(NOON, { memberRange: '100+' }), versions).verdict).toBe('room-size');
  });
});
