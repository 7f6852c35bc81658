import { addCampaign } from '../../src/campaigns/add-campaign.js';
import {
  CampaignRefusedError,
  TooManyCampaignsError,
} from '../../src/campaigns/campaign-errors.js';
import { readCampaignVersions, type VersionsScope } from '../../src/campaigns/campaign-store.js';
import type { CampaignState } from '../../src/campaigns/campaign.js';
import { completeRules, type GivenRules } from '../../src/campaigns/complete-rules.js';
import { changeState } from '../../src/campaigns/change-state.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** Among many thousands of campaigns, on a machine that may be busy. */
const LIMITS = { statementTimeoutMs: 60_000 };

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const add = (app: string, state: CampaignState, rules: Partial<GivenRules> = {}): Promise<string> =>
  db.database.transaction(LIMITS, (tx) =>
    addCampaign(tx, {
      ...{ app, name: 'Autumn', unit: 'point', state, actor: 'test' },
      rules: completeRules({
        startsAt: '2020-01-01T00:00:00Z',
        amount: 100,
        caps: { perUser: 1 },
        ...rules,
      }),
    }),
  );
const end = (campaignId: string): Promise<void> =>
  db.database.transaction(LIMITS, (tx) =>
    changeState(tx, { campaignId, state: 'ended', actor: 'test', reason: 'test' }),
  );
/** Campaigns that are over for long, or not, each with one version in force for ever. */
const givenMany = (app: string, count: number, endsAt: string | null): Promise<unknown> =>
  db.rows(
    `WITH added AS (
       INSERT INTO kakao_share.campaigns (id, app, name)
       SELECT gen_random_uuid(), $1, 'many' FROM generate_series(1, $2::int) RETURNING id)
     INSERT INTO kakao_share.campaign_versions (campaign_id, version, state, rules, effective_from, actor)
     SELECT id, 1, 'live', $3, '2020-01-01T00:00:00Z', 'test' FROM added`,
    [
      app,
      count,
      JSON.stringify(
        completeRules({
          startsAt: '2020-01-01T00:00:00Z',
          endsAt,
          amount: 100,
          caps: { perUser: 1 },
          priority: 7,
        }),
      ),
    ],
  );
const DAY_MS = 24 * 3_600_000;
const daysFromNow = (days: number): Date => new Date(Date.now() + days * DAY_MS);
/** Which campaigns can decide about shares of that time. */
const deciding = async (
  app: string,
  at: Date,
  scope: Partial<VersionsScope> = {},
): Promise<string[]> => {
  const versions = await readCampaignVersions(db.database, {
    ...{ apps: [app], earliest: at, latest: at, named: [] },
    ...scope,
  });
  return versions.map(({ campaignId }) => campaignId);
};

test('a time zone that only Node would know is refused by its field', async () => {
  const refused = await add('zone', 'draft', { timeZone: 'Asia/Atlantis' }).catch(
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(CampaignRefusedError);
  expect((refused as CampaignRefusedError).faults).toEqual([
    expect.stringMatching(/^rules\.timeZone: /),
  ]);
  expect(await db.rows(`SELECT FROM kakao_share.campaigns WHERE app = 'zone'`)).toEqual([]);
});

test('it is in force from now, to the millisecond', async () => {
  const id = await add('shop', 'live');
  const now = new Date(Date.now() + 1_000);
  const [version] = await readCampaignVersions(db.database, {
    ...{ apps: ['shop'], earliest: now, latest: now, named: [] },
  });
  expect(version).toMatchObject({ campaignId: id, version: 1, state: 'live' });
  expect(
    await db.number(
      'SELECT count(*) FROM kakao_share.campaign_versions WHERE campaign_id = $1 AND effective_from = $2',
      [id, version?.effectiveFrom],
    ),
  ).toBe(1);
});

test('drafts are not among the campaigns that decide', async () => {
  await add('drafts', 'draft');
  expect(await deciding('drafts', new Date(), { earliest: new Date(0) })).toEqual([]);
});

describe('a campaign that closed', () => {
  let over: string;
  let ended: string;
  let endedAt: Date;
  beforeAll(async () => {
    over = await add('past', 'live', { endsAt: daysFromNow(0).toISOString() });
    ended = await add('past', 'live', { priority: 1 });
    await end(ended);
    endedAt = new Date();
  });

  test.each([
    ['is still known 89 days later, so that a share is told', 89, true],
    ['is forgotten 91 days later', 91, false],
  ])('%s', async (_, days, isKnown) => {
    const known = await deciding('past', daysFromNow(days));
    expect(known).toEqual(isKnown ? [over, ended].sort() : []);
  });

  test('decides as long as an intent names it', async () => {
    expect(await deciding('past', daysFromNow(400), { named: [over] })).toEqual([over]);
  });

  test('is read whole where the time reaches back to it', async () => {
    const known = await deciding('past', daysFromNow(400), { earliest: endedAt });
    expect(new Set(known)).toEqual(new Set([over, ended]));
  });

  test('whose end was moved into the past is not judged by the version before', async () => {
    const id = await add('moved', 'live');
    await db.rows(
      `INSERT INTO kakao_share.campaign_versions (campaign_id, version, state, rules, effective_from, actor)
       SELECT campaign_id, 2, state, rules || '{"endsAt": "2020-02-01T00:00:00Z"}', effective_from + interval '1 day', 'test'
       FROM kakao_share.campaign_versions WHERE campaign_id = $1`,
      [id],
    );
    // Version 1 was in force when the time begins: both are read, or none.
    expect(await deciding('moved', daysFromNow(2), { earliest: new Date() })).toEqual([id, id]);
    expect(await deciding('moved', daysFromNow(2))).toEqual([]);
  });
});

test('however many campaigns are over, the one that runs is found', async () => {
  await givenMany('old', 6_000, '2020-06-01T00:00:00Z');
  await givenMany('old', 6_000, daysFromNow(-1).toISOString());
  const id = await add('old', 'live');
  expect(await deciding('old', daysFromNow(1))).toEqual([id]);
});

test('of an app 1,000 campaigns run at a time, and no more', async () => {
  await givenMany('full', 500, '2020-06-01T00:00:00Z');
  await givenMany('full', 999, null);
  const last = await add('full', 'live');
  const refused = await add('full', 'live', { priority: 1 }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(TooManyCampaignsError);
  await add('full', 'draft');
  await end(last);
  await expect(add('full', 'live', { priority: 1 })).resolves.toEqual(expect.any(String));
});
