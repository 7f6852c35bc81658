import { proveWhole } from '../faults/proof.js';
import { eventually } from '../support/eventually.js';
import { killServiceProcesses, startServiceProcess } from '../support/service-process.js';
import { createTestDatabase, QUEUE_STORES, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  serviceEnvironment,
  shareBy,
  untilSettled,
  untilTold,
  type StoreName,
} from '../support/test-service.js';

const SHARES = 1_000;
const PAYMENTS = 100;
const WORKERS = 3;
const AT_A_TIME = 50;
const WAIT_MS = 90_000;

describe.each(QUEUE_STORES)('queue on $store', ({ store }) => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(async () => {
    await killServiceProcesses();
    await db.drop();
  });

  test('a budget of 100 payments, 1,000 shares at once, several worker processes: exactly 100 are paid, the rest ends with `budget`', async () => {
    await givenCampaign(db, { budget: PAYMENTS * 100, budgetWarningPercents: [50, 80] });
    const environment = serviceEnvironment(db, store as StoreName);
    const web = await startServiceProcess({ ...environment, ROLES: 'web,relay' });
    const resources = Array.from({ length: SHARES }, (_, index) => `share-${index}`);
    for (let start = 0; start < SHARES; start += AT_A_TIME) {
      const answers = await Promise.all(
        resources
          .slice(start, start + AT_A_TIME)
          .map((resource) => web.share(shareBy(`user-of-${resource}`), resource)),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    }
    // All are waiting when the workers begin, so that they fight for the budget from the first to the last; also those that a
    // busy machine has kept in the spool for a while.
    await eventually(async () => {
      expect(await db.number('SELECT count(*) FROM kakao_share.open_deliveries')).toBe(SHARES);
    }, WAIT_MS);
    await Promise.all(
      Array.from({ length: WORKERS }, () =>
        startServiceProcess({ ...environment, ROLES: 'worker' }),
      ),
    );
    await untilSettled(db, WAIT_MS);
    await untilTold(db, WAIT_MS);

    expect(
      await db.rows(
        'SELECT verdict, count(*)::integer FROM kakao_share.decisions GROUP BY verdict ORDER BY verdict',
      ),
    ).toEqual([
      { verdict: 'budget', count: SHARES - PAYMENTS },
      { verdict: 'rewarded', count: PAYMENTS },
    ]);
    expect(
      await db.rows(
        `SELECT balance::integer, floor::integer FROM kakao_share.accounts WHERE kind = 'campaign_budget'`,
      ),
    ).toEqual([{ balance: -10_000, floor: -10_000 }]);
    // Each level is told once, however many workers paid.
    expect(
      await db.rows(
        `SELECT type, (data->>'percent')::integer AS percent, (data->>'left')::integer AS left
         FROM kakao_share.events WHERE type LIKE 'campaign.%' ORDER BY id`,
      ),
    ).toEqual([
      { type: 'campaign.budget-warning', percent: 50, left: 5_000 },
      { type: 'campaign.budget-warning', percent: 80, left: 2_000 },
      { type: 'campaign.budget-exhausted', percent: null, left: 0 },
    ]);
    await proveWhole(db, resources);
  }, 300_000);
});
