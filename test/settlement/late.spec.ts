import type { CampaignRules } from '../../src/campaigns/campaign.js';
import { completeRules } from '../../src/campaigns/complete-rules.js';
import { settleBatch } from '../../src/settlement/settle-batch.js';
import { newId } from '../../src/database/new-id.js';
import { pointsOf, proveWhole } from '../faults/proof.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import { deliveryWith, givenIntent, SIGNING_KEYS } from './given-intent.js';
import { givenStored, verdictsOf } from './open-settlement.js';

const LIMITS = { statementTimeoutMs: 20_000 };
const ONCE_A_DAY: Partial<CampaignRules> = {
  mode: 'strict',
  unverifiedCaps: null,
  caps: { perUserPerDay: 1, perUser: null, perUserAndRoomPerDay: 1, unlimited: false },
};

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterEach(() => proveWhole(db, []));
afterAll(() => db.drop());

/** Shares of one user received at these moments, each with an intent and a room of its own, as they wait in a backlog. */
async function givenBacklog(
  app: string,
  campaignId: string,
  userId: string,
  moments: readonly string[],
): Promise<string[]> {
  const deliveries = await Promise.all(
    moments.map(async (moment, index) => {
      const receivedAt = new Date(moment);
      const issuedAt = new Date(receivedAt.getTime() - 60_000);
      const token = await givenIntent(db, { app, campaignId, userId, issuedAt });
      return deliveryWith(token, { app, receivedAt, room: `room-${index}` });
    }),
  );
  return givenStored(db, deliveries);
}

async function settle(ids: readonly string[]): Promise<void> {
  await db.database.transaction(LIMITS, (tx) => settleBatch(tx, ids, SIGNING_KEYS));
}

/** The day is long over for all of them. */
describe.each(['together', 'one by one', 'one by one, last first'] as const)(
  'a backlog that is settled a day late, %s',
  (how) => {
    test.each([
      [
        'midnight in Seoul parts two days',
        'Asia/Seoul',
        ['2026-11-18T14:59:59.999Z', '2026-11-18T15:00:00.000Z'],
        2,
      ],
      [
        'both ends of one day in Seoul are one day',
        'Asia/Seoul',
        ['2026-11-18T15:00:00.000Z', '2026-11-19T14:59:59.999Z'],
        1,
      ],
      [
        'midnight in New York, after a day of 25 hours',
        'America/New_York',
        ['2026-11-02T04:59:59.999Z', '2026-11-02T05:00:00.000Z'],
        2,
      ],
      [
        'half past one, twice, on a day of 25 hours in New York',
        'America/New_York',
        ['2026-11-01T05:30:00.000Z', '2026-11-01T06:30:00.000Z'],
        1,
      ],
      [
        'both ends of a day of 23 hours in New York',
        'America/New_York',
        ['2026-03-08T05:00:00.000Z', '2026-03-09T03:59:59.999Z'],
        1,
      ],
    ])('%s', async (_, timeZone, moments, rewards) => {
      const app = `app-${newId()}`;
      const campaignId = await givenCampaign(db, { ...ONCE_A_DAY, timeZone }, app);
      const userId = `user-${app}`;
      const ids = await givenBacklog(app, campaignId, userId, moments);
      if (how === 'together') await settle(ids);
      else for (const id of how === 'one by one' ? ids : [...ids].reverse()) await settle([id]);
      const verdicts = await verdictsOf(db, ids);
      expect(verdicts.filter((verdict) => verdict === 'rewarded')).toHaveLength(rewards);
      expect(verdicts.filter((verdict) => verdict === 'cap')).toHaveLength(2 - rewards);
      expect(await pointsOf(db, userId)).toBe(rewards * 100);
    });
  },
);

test('a backlog is judged by the rules of the moment of receipt, though they have changed since', async () => {
  const app = `app-${newId()}`;
  const campaignId = await givenCampaign(db, ONCE_A_DAY, app);
  const changed = completeRules({
    ...ONCE_A_DAY,
    startsAt: '2020-01-01T00:00:00+09:00',
    amount: 500,
  });
  await db.rows(
    `INSERT INTO kakao_share.campaign_versions (campaign_id, version, state, rules, effective_from, actor)
     VALUES ($1, 2, 'live', $2, '2026-11-19T00:00:00+09:00', 'test'),
            ($1, 3, 'paused', $2, '2026-11-20T00:00:00+09:00', 'test')`,
    [campaignId, JSON.stringify(changed)],
  );
  const ids = await givenBacklog(app, campaignId, `user-${app}`, [
    '2026-11-18T23:59:59.999+09:00',
    '2026-11-19T00:00:00.000+09:00',
    '2026-11-20T00:00:00.000+09:00',
  ]);
  await settle(ids);
  expect(
    await db.rows(
      `SELECT verdict, campaign_version AS version, amount::integer FROM kakao_share.decisions
       WHERE delivery_id = ANY($1) ORDER BY campaign_version`,
      [ids],
    ),
  ).toEqual([
    { verdict: 'rewarded', version: 1, amount: 100 },
    { verdict: 'rewarded', version: 2, amount: 500 },
    { verdict: 'stopped', version: 3, amount: null },
  ]);
});

test('the kill switch is judged when settling: pulled after the share arrived it still stops the payment', async () => {
  const app = `app-${newId()}`;
  const campaignId = await givenCampaign(db, ONCE_A_DAY, app);
  const ids = await givenBacklog(app, campaignId, `user-${app}`, ['2026-11-18T12:00:00+09:00']);
  await db.rows('UPDATE kakao_share.campaigns SET killed_at = now() WHERE id = $1', [campaignId]);
  await settle(ids);
  expect(await verdictsOf(db, ids)).toEqual(['stopped']);
});
