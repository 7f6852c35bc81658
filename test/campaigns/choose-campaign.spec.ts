import { decide, givenShare, givenVersion, NOON, UNVERIFIED } from './given-share.js';

const compat = { mode: 'compat', unverifiedCaps: { perUserPerDay: 10, perUser: null } } as const;
const bare = (overrides = {}) => givenShare(NOON, { ...UNVERIFIED, ...overrides });

describe('of several campaigns', () => {
  test('the one of highest priority that a share fits decides', () => {
    const versions = [
      givenVersion({ ...compat, priority: 1 }, { campaignId: 'low' }),
      givenVersion({ ...compat, priority: 9 }, { campaignId: 'high' }),
      givenVersion({ ...compat, priority: 99 }, { campaignId: 'foreign', app: 'another' }),
    ];
    for (const given of [versions, [...versions].reverse()])
      expect(decide(bare(), given).campaign?.campaignId).toBe('high');
  });

  test('one that is running goes before one that is over, not yet begun or ended, whatever their priority', () => {
    const over = givenVersion(
      { ...compat, priority: 9, endsAt: '2026-11-10T00:00:00+09:00' },
      { campaignId: 'over' },
    );
    const ended = givenVersion({ ...compat, priority: 8 }, { campaignId: 'ended', state: 'ended' });
    const running = givenVersion({ ...compat, amount: 300 }, { campaignId: 'running' });
    expect(decide(bare(), [over, ended, running])).toMatchObject({
      verdict: 'rewarded',
      campaign: { campaignId: 'running' },
    });
    expect(decide(bare(), [over, ended])).toMatchObject({
      verdict: 'outside-window',
      campaign: { campaignId: 'over' },
    });
  });

  test('one that is paused or killed pays nothing, and none takes its place', () => {
    const paused = givenVersion(
      { ...compat, priority: 9 },
      { campaignId: 'paused', state: 'paused' },
    );
    const running = givenVersion(compat, { campaignId: 'running' });
    expect(decide(bare(), [paused, running]).verdict).toBe('stopped');
    expect(decide(bare(), [running], { isKilled: true }).verdict).toBe('stopped');
  });

  test('a draft is no campaign yet', () => {
    expect(decide(bare(), [givenVersion(compat, { state: 'draft' })]).verdict).toBe('no-campaign');
  });
});

describe('a campaign takes only the shares that match', () => {
  const byTemplate = [givenVersion({ ...compat, match: { templateIds: ['77'], parameters: {} } })];
  const byParameter = [
    givenVersion({
      ...compat,
      match: { templateIds: [], parameters: { event: ['autumn', '7'], page: ['home'] } },
    }),
  ];

  test.each([
    ['its template', '77', 'rewarded'],
    ['another template', '78', 'no-campaign'],
    ['no template', undefined, 'no-campaign'],
  ])('%s', (_, templateId, verdict) => {
    expect(decide(bare({ templateId }), byTemplate).verdict).toBe(verdict);
  });

  test.each([
    ['both parameters', { event: { text: 'autumn' }, page: { text: 'home' } }, 'rewarded'],
    ['a number by its digits', { event: { json: '7' }, page: { text: 'home' } }, 'rewarded'],
    ['one of two parameters', { event: { text: 'autumn' } }, 'no-campaign'],
    ['another value', { event: { text: 'winter' }, page: { text: 'home' } }, 'no-campaign'],
    ['no parameters', {}, 'no-campaign'],
  ])('%s', (_, given, verdict) => {
    const custom = Object.entries(given).map(([name, value]) => ({ name, value }));
    expect(decide(bare({ custom }), byParameter).verdict).toBe(verdict);
  });
});

describe('an intent names its campaign', () => {
  const other = givenVersion({ priority: 99, amount: 999 }, { campaignId: 'campaign-2' });

  test('whatever the priority of others, and whatever the payload says', () => {
    const own = givenVersion({ match: { templateIds: [], parameters: { event: ['autumn'] } } });
    expect(decide(givenShare(), [other, own])).toMatchObject({
      verdict: 'rewarded',
      campaign: { campaignId: 'campaign-1' },
    });
  });

  test('but not for a template that the campaign does not take: Kakao itself tells that', () => {
    const own = givenVersion({ match: { templateIds: ['77'], parameters: {} } });
    expect(decide(givenShare(NOON, { templateId: '78' }), [other, own]).verdict).toBe(
      'no-campaign',
    );
    expect(decide(givenShare(NOON, { templateId: '77' }), [other, own]).verdict).toBe('rewarded');
  });
});

describe('the version in force when the webhook was received', () => {
  const at = (effectiveFrom: string, number: number, amount: number) =>
    givenVersion({ amount }, { version: number, effectiveFrom: new Date(effectiveFrom) });
  const versions = [
    at('2026-11-01T00:00:00+09:00', 1, 100),
    at('2026-11-15T00:00:00+09:00', 2, 200),
    // For the same moment: the newer one is a correction.
    at('2026-11-15T00:00:00+09:00', 3, 300),
    at('2026-11-25T00:00:00+09:00', 4, 900),
  ];

  test.each([
    ['the last moment of the first', '2026-11-14T23:59:59.999+09:00', 100, 1],
    ['the first moment of the next', '2026-11-15T00:00:00+09:00', 300, 3],
    ['one that comes later does not count yet', '2026-11-24T23:59:59.999+09:00', 300, 3],
    ['from its moment on it does', '2026-11-25T00:00:00+09:00', 900, 4],
  ])('%s', (_, receivedAt, amount, number) => {
    for (const given of [versions, [...versions].reverse()]) {
      const { earned, campaign } = decide(givenShare(receivedAt), given);
      expect([earned?.amount, campaign?.version]).toEqual([amount, number]);
    }
  });

  test('before the first there is no campaign', () => {
    expect(decide(givenShare('2026-10-31T23:59:59.999+09:00'), versions).verdict).toBe(
      'no-campaign',
    );
  });

  test('a share that came before a pause is paid, one that came in it is not', () => {
    const pausing = [
      at('2026-11-01T00:00:00+09:00', 1, 100),
      givenVersion(
        {},
        { version: 2, state: 'paused', effectiveFrom: new Date('2026-11-15T00:00:00+09:00') },
      ),
      at('2026-11-16T00:00:00+09:00', 3, 100),
    ];
    expect(
      ['2026-11-14T23:59:59+09:00', '2026-11-15T12:00:00+09:00', NOON].map(
        (receivedAt) => decide(givenShare(receivedAt), pausing).verdict,
      ),
    ).toEqual(['rewarded', 'stopped', 'rewarded']);
  });
});
