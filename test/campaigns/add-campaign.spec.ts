import { addCampaign } from '../../src/campaigns/add-campaign.js';
import { CampaignRefusedError } from '../../src/campaigns/campaign-errors.js';
import { readCampaignVersions } from '../../src/campaigns/campaign-store.js';
import { completeRules, type CampaignState } from '../../src/campaigns/campaign.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const LIMITS = { statementTimeoutMs: 10_000 };

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const add = (app: string, state: CampaignState, timeZone = 'Asia/Seoul'): Promise<string> =>
  db.database.transaction(LIMITS, (tx) =>
    addCampaign(tx, {
      ...{ app, name: 'Autumn', unit: 'point', state, actor: 'test' },
      rules: completeRules({
        startsAt: '2020-01-01T00:00:00Z',
        timeZone,
        amount: 100,
        caps: { perUser: 1 },
      }),
    }),
  );

test('a time zone that only Node would know is refused by its field', async () => {
  const refused = await add('zone', 'draft', 'Asia/Atlantis').catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(CampaignRefusedError);
  expect((refused as CampaignRefusedError).faults).toEqual([
    expect.stringMatching(/^rules\.timeZone: /),
  ]);
  expect(await db.rows(`SELECT FROM kakao_share.campaigns WHERE app = 'zone'`)).toEqual([]);
});

test('it is in force from now, to the millisecond', async () => {
  const id = await add('shop', 'live');
  const now = new Date(Date.now() + 1_000);
  const [version] = await readCampaignVersions(db.database, ['shop'], now, now);
  expect(version).toMatchObject({ campaignId: id, version: 1, state: 'live' });
  expect(
    await db.number(
      'SELECT count(*) FROM kakao_share.campaign_versions WHERE campaign_id = $1 AND effective_from = $2',
      [id, version?.effectiveFrom],
    ),
  ).toBe(1);
});

test('drafts are not among the campaigns that decide, however many there are', async () => {
  await add('drafts', 'draft');
  expect(await readCampaignVersions(db.database, ['drafts'], new Date(0), new Date())).toEqual([]);
});
