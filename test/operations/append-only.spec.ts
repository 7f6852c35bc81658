import { errorCodeOf } from '../../src/database/database-errors.js';
import { clawbackReward } from '../../src/points/clawback-reward.js';
import { givenReward, givenUser } from '../points/given-reward.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, shareBy, startTestService, untilSettled } from '../support/test-service.js';

const RESTRICT_VIOLATION = '23001';
const CHECK_VIOLATION = '23514';
const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

describe('the database itself keeps the books', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
    const campaignId = await givenCampaign(db);
    await givenCampaign(db, {}, 'other');
    const held = await givenUser(db, 'held');
    const now = new Date();
    await givenReward(db, held, { campaignId, amount: 10, now, releaseAt: new Date('2999-01-01') });
    const { deliveryId } = await givenReward(db, held, { campaignId, amount: 10, now });
    await clawbackReward(db.database, {
      ...{ deliveryId, apps: undefined, actor: 'test', reason: 'test', now },
      shortfall: 'refuse',
    });
    const service = await startTestService(db);
    await service.share(shareBy('minji'), 'paid');
    await service.share(shareBy('nobody', { customParameters: {} }), 'unpaid');
    await untilSettled(db);
    await service.stop();
    await db.rows(
      `INSERT INTO kakao_share.audit (id, actor, action, target) VALUES (gen_random_uuid(), 'test', 'test', 'test')`,
    );
  });
  afterAll(async () => {
    await db.drop();
  });

  async function codeOf(sql: string): Promise<string | undefined> {
    try {
      await db.rows(sql);
    } catch (error) {
      return errorCodeOf(error);
    }
    return undefined;
  }

  test.each([
    'UPDATE kakao_share.entries SET amount = amount * 2',
    'DELETE FROM kakao_share.entries',
    'TRUNCATE kakao_share.entries',
    'UPDATE kakao_share.transfers SET amount = amount * 2',
    'DELETE FROM kakao_share.transfers',
    'TRUNCATE kakao_share.transfers',
    `UPDATE kakao_share.transfer_keys SET key = 'other'`,
    'DELETE FROM kakao_share.transfer_keys',
    'TRUNCATE kakao_share.transfer_keys',
    `UPDATE kakao_share.reward_keys SET key = 'other'`,
    'DELETE FROM kakao_share.reward_keys',
    'TRUNCATE kakao_share.reward_keys',
    `UPDATE kakao_share.decisions SET reasons = '["other"]'`,
    `UPDATE kakao_share.decisions SET superseded_at = now() WHERE verdict = 'rewarded'`,
    `UPDATE kakao_share.decisions SET superseded_at = now(), verdict = 'x' WHERE verdict = 'no-user'`,
    'DELETE FROM kakao_share.decisions',
    'TRUNCATE kakao_share.decisions',
    `UPDATE kakao_share.audit SET actor = 'somebody else'`,
    'DELETE FROM kakao_share.audit',
    'TRUNCATE kakao_share.audit',
    `UPDATE kakao_share.delivery_keys SET resource_id = 'other'`,
    'DELETE FROM kakao_share.delivery_keys',
    'TRUNCATE kakao_share.delivery_keys',
    'TRUNCATE kakao_share.deliveries',
    `UPDATE kakao_share.deliveries SET body = 'other'`,
    `UPDATE kakao_share.deliveries SET received_at = now()`,
    `UPDATE kakao_share.deliveries SET app = 'other'`,
    `UPDATE kakao_share.campaign_versions SET rules = '{}'`,
    'DELETE FROM kakao_share.campaign_versions',
    'TRUNCATE kakao_share.campaign_versions',
    'UPDATE kakao_share.lots SET amount = amount + 1',
    'UPDATE kakao_share.lots SET expires_at = now()',
    'DELETE FROM kakao_share.lots',
    'TRUNCATE kakao_share.lots',
    'UPDATE kakao_share.lot_uses SET amount = amount + 1',
    'DELETE FROM kakao_share.lot_uses',
    'TRUNCATE kakao_share.lot_uses',
    'UPDATE kakao_share.holds SET amount = amount + 1',
    'UPDATE kakao_share.holds SET release_at = now()',
    'DELETE FROM kakao_share.holds',
    'TRUNCATE kakao_share.holds',
    'UPDATE kakao_share.clawback_claims SET taken = taken - 1',
    'UPDATE kakao_share.clawback_claims SET amount = amount + 1',
    'DELETE FROM kakao_share.clawback_claims',
    'TRUNCATE kakao_share.clawback_claims',
  ])('%s is refused', async (sql) => {
    const table = /kakao_share\.\w+/.exec(sql)?.[0] ?? '';
    expect(await db.number(`SELECT count(*) FROM ${table}`)).toBeGreaterThan(0);
    expect(await codeOf(sql)).toBe(RESTRICT_VIOLATION);
  });

  const entries = (...amounts: number[]): string => `
    WITH t AS (SELECT id FROM kakao_share.transfers LIMIT 1),
         a AS (SELECT id, row_number() OVER (ORDER BY name) AS place FROM kakao_share.accounts WHERE app = 'default')
    INSERT INTO kakao_share.entries (id, transfer_id, account_id, amount, balance_after)
    SELECT gen_random_uuid(), t.id, a.id, g.amount, 0
    FROM unnest(ARRAY[${amounts.join()}]::bigint[]) WITH ORDINALITY AS g (amount, place) JOIN a USING (place), t`;

  test.each([
    ['one entry alone', entries(5)],
    ['entries that do not sum to zero', entries(5, -4)],
    ['an entry of nothing', entries(0, 0)],
    [
      'entries without their transfer',
      entries(5, -5).replace(
        'SELECT id FROM kakao_share.transfers LIMIT 1',
        'SELECT gen_random_uuid() AS id',
      ),
    ],
    [
      'a balance beyond what JSON holds exactly',
      'UPDATE kakao_share.accounts SET balance = 9007199254740992',
    ],
    [
      'a reward without a payment',
      `INSERT INTO kakao_share.decisions (delivery_id, number, app, verdict, reasons, actor)
       VALUES (gen_random_uuid(), 1, 'default', 'rewarded', '[]', 'test')`,
    ],
    [
      'a user below zero by anything but a clawback',
      `WITH t AS (SELECT id FROM kakao_share.transfers WHERE kind = 'reward' LIMIT 1),
            a AS (SELECT id, kind FROM kakao_share.accounts WHERE app = 'default')
       INSERT INTO kakao_share.entries (id, transfer_id, account_id, amount, balance_after)
       SELECT gen_random_uuid(), t.id, x.id, x.amount, x.amount FROM t, (
         (SELECT id, -5 AS amount FROM a WHERE kind = 'user_available' LIMIT 1) UNION ALL
         (SELECT id, 5 FROM a WHERE kind = 'campaign_budget' LIMIT 1)) x`,
    ],
    [
      'an account below its floor',
      `UPDATE kakao_share.accounts SET balance = -1 WHERE kind = 'user_pending'`,
    ],
    [
      'a hold that is over without a transfer',
      `UPDATE kakao_share.holds SET state = 'released' WHERE state = 'pending'`,
    ],
    ['a lot with more left than it had', 'UPDATE kakao_share.lots SET remaining = amount + 1'],
  ])('%s is refused', async (_, sql) => {
    expect(await codeOf(sql)).toBe(CHECK_VIOLATION);
  });

  test('balanced entries are taken, so that the refusals above say something', async () => {
    await expect(
      db.database.transaction({ statementTimeoutMs: 5_000 }, async (tx) => {
        await tx.query(entries(5, -5));
        throw new Error('taken back');
      }),
    ).rejects.toThrow('taken back');
  });

  test('a reward key, a resource id and a current decision are there once', async () => {
    for (const sql of [
      'INSERT INTO kakao_share.reward_keys SELECT * FROM kakao_share.reward_keys',
      'INSERT INTO kakao_share.transfer_keys SELECT * FROM kakao_share.transfer_keys',
      'INSERT INTO kakao_share.delivery_keys SELECT * FROM kakao_share.delivery_keys',
      `INSERT INTO kakao_share.decisions (delivery_id, number, app, verdict, reasons, actor)
       SELECT delivery_id, number + 1, app, 'no-user', '[]', 'test' FROM kakao_share.decisions`,
    ]) {
      expect(await codeOf(sql)).toBe(UNIQUE_VIOLATION);
    }
  });

  test('an account, a user and a campaign with a past cannot be deleted', async () => {
    for (const table of ['accounts', 'users', 'campaigns'])
      expect(await codeOf(`DELETE FROM kakao_share.${table}`)).toBe(FOREIGN_KEY_VIOLATION);
  });

  test('what was received can be erased, and only erased', async () => {
    const erase = (values: string): Promise<string | undefined> =>
      codeOf(`UPDATE kakao_share.deliveries SET ${values} WHERE resource_id = 'unpaid'`);
    expect(await erase('headers = NULL, query = NULL, body = NULL')).toBeUndefined();
    expect(await erase(`body = 'made up'`)).toBe(RESTRICT_VIOLATION);
  });
});
