import type { Transaction } from '../../src/database/database.js';
import { verifyLedger, type Check } from '../../src/ledger/verification.js';
import { adjustPoints } from '../../src/points/adjust-points.js';
import { clawbackReward } from '../../src/points/clawback-reward.js';
import { redeemPoints } from '../../src/points/redeem-points.js';
import { releaseReward } from '../../src/points/release-reward.js';
import { reverseRedemption } from '../../src/points/reverse-redemption.js';
import { givenReward, givenUser } from '../points/given-reward.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  shareBy,
  startTestService,
  untilSettled,
  type TestService,
} from '../support/test-service.js';

const PROTECTED = [
  ...['entries', 'transfers', 'transfer_keys', 'reward_keys', 'decisions'],
  ...['lots', 'lot_uses', 'holds', 'clawback_claims', 'campaign_rewards', 'shares'],
];
const UNKNOWN_ID = '019a0000-0000-7000-8000-000000000000';

class TakenBack extends Error {}

describe('verification finds out that the books were tampered with', () => {
  let db: TestDatabase;
  let service: TestService;
  let transfer: string;
  let delivery: string;
  let account: string;
  let held: string;
  let redemption: string;
  let reversal: string;
  let clawedBack: string;
  let adjustment: string;

  beforeAll(async () => {
    db = await createTestDatabase();
    await givenCampaign(db, { budget: 100_000 });
    service = await startTestService(db);
    await service.share(shareBy('minji'), 'one');
    await service.share(shareBy('jisoo'), 'two');
    await untilSettled(db);
    await givenMovements();
    const [paid] = await db.rows<{ delivery_id: string; transfer_id: string; name: string }>(
      `SELECT k.delivery_id, k.transfer_id, a.name FROM kakao_share.reward_keys k
       JOIN kakao_share.deliveries d ON d.id = k.delivery_id AND d.resource_id = 'one'
       JOIN kakao_share.entries e ON e.transfer_id = k.transfer_id
       JOIN kakao_share.accounts a ON a.id = e.account_id AND a.kind = 'user_available'`,
    );
    if (paid === undefined) throw new Error('Nothing was paid.');
    ({ delivery_id: delivery, transfer_id: transfer, name: account } = paid);
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  /** One of each: holds that are pending and released, a redemption and its reversal, a clawback, an adjustment. */
  async function givenMovements(): Promise<void> {
    const [campaign] = await db.rows<{ id: string }>('SELECT id FROM kakao_share.campaigns');
    const now = new Date();
    const holder = await givenUser(db, 'mover');
    const given = { campaignId: campaign?.id ?? '', amount: 100, now };
    const by = { apps: undefined, actor: 'test', reason: 'test', now };
    const releaseAt = new Date('2999-01-01');
    held = (await givenReward(db, holder, { ...given, releaseAt })).transferId;
    const released = await givenReward(db, holder, { ...given, releaseAt });
    await releaseReward(db.database, { ...by, deliveryId: released.deliveryId, key: 'early' });
    const spent = await redeemPoints(db.database, { ...holder, ...by, amount: 60, key: 'spent' });
    redemption = spent.transfer.id;
    reversal = (await reverseRedemption(db.database, { ...by, redemptionId: redemption })).transfer
      .id;
    const { deliveryId, transferId } = await givenReward(db, holder, given);
    clawedBack = transferId;
    await clawbackReward(db.database, { ...by, deliveryId, shortfall: 'refuse' });
    const gift = { direction: 'credit', amount: 5, key: 'gift', expiresAt: releaseAt } as const;
    adjustment = (await adjustPoints(db.database, { ...holder, ...by, ...gift })).transfer.id;
  }

  /** Verifies after a tampering that the database was kept from refusing; then takes it back. */
  async function checksAfter(
    tamper: (tx: Transaction) => Promise<unknown>,
  ): Promise<{ ok: boolean; failing: Check[] }> {
    let result: Awaited<ReturnType<typeof verifyLedger>> | undefined;
    await db.database
      .transaction({ statementTimeoutMs: 10_000 }, async (tx) => {
        for (const table of PROTECTED)
          await tx.query(`ALTER TABLE kakao_share.${table} DISABLE TRIGGER USER`);
        await tamper(tx);
        result = await verifyLedger(tx);
        throw new TakenBack();
      })
      .catch((error: unknown) => {
        if (!(error instanceof TakenBack)) throw error;
      });
    if (result === undefined) throw new Error('Nothing was verified.');
    return { ok: result.ok, failing: result.checks.filter(({ ok }) => !ok) };
  }

  test('books that nobody touched are in order, check by check', async () => {
    const { body } = await service.api<{ ok: boolean; checks: Check[] }>('/v1/ledger/verification');
    expect(body.ok).toBe(true);
    expect(body.checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['entries-sum-to-zero', true],
      ['balances-equal-entries', true],
      ['balances-follow-each-other', true],
      ['floors-hold', true],
      ['lots-equal-balances', true],
      ['lots-match-their-uses', true],
      ['transfers-match-their-entries', true],
      ['redemptions-reversed-once', true],
      ['transfers-move-as-their-kind-says', true],
      ['transfers-stay-with-their-user', true],
      ['transfers-keep-their-keys', true],
      ['adjustments-are-audited', true],
      ['lots-match-their-credits', true],
      ['rewards-paid-once', true],
      ['decisions-match-what-was-paid', true],
      ['reward-keys-match-what-was-paid', true],
      ['campaign-rewards-match-what-was-paid', true],
      ['campaign-rewards-match-their-shares', true],
      ['budgets-match-their-campaigns', true],
      ['rewards-expire-as-promised', true],
      ['holds-match-pending-points', true],
      ['holds-resolved-once', true],
      ['clawbacks-match-their-claims', true],
      ['settled-deliveries-have-a-decision', true],
    ]);
    expect(await checksAfter(() => Promise.resolve())).toEqual({ ok: true, failing: [] });
  });

  const TAMPERINGS: readonly {
    title: string;
    check: string;
    sql: string;
    by: () => unknown[];
    offender: () => string;
  }[] = [
    {
      title: 'an entry was made larger',
      check: 'entries-sum-to-zero',
      sql: 'UPDATE kakao_share.entries SET amount = amount + 1 WHERE transfer_id = $1 AND amount > 0',
      by: () => [transfer],
      offender: () => transfer,
    },
    {
      title: 'an entry was taken away',
      check: 'entries-sum-to-zero',
      sql: 'DELETE FROM kakao_share.entries WHERE transfer_id = $1 AND amount < 0',
      by: () => [transfer],
      offender: () => transfer,
    },
    {
      title: 'a balance was raised',
      check: 'balances-equal-entries',
      sql: 'UPDATE kakao_share.accounts SET balance = balance + 1000 WHERE name = $1',
      by: () => [account],
      offender: () => account,
    },
    {
      title: 'a lot was emptied',
      check: 'lots-equal-balances',
      sql: 'UPDATE kakao_share.lots SET remaining = 0 WHERE transfer_id = $1',
      by: () => [transfer],
      offender: () => account,
    },
    {
      title: 'all entries of a transfer are gone',
      check: 'transfers-match-their-entries',
      sql: 'DELETE FROM kakao_share.entries WHERE transfer_id = $1',
      by: () => [transfer],
      offender: () => transfer,
    },
    {
      title: 'a transfer is gone and its entries stayed',
      check: 'transfers-match-their-entries',
      sql: 'DELETE FROM kakao_share.transfers WHERE id = $1',
      by: () => [transfer],
      offender: () => transfer,
    },
    {
      title: 'the amount of a transfer was changed',
      check: 'transfers-match-their-entries',
      sql: 'UPDATE kakao_share.transfers SET amount = amount + 1 WHERE id = $1',
      by: () => [transfer],
      offender: () => transfer,
    },
    {
      title: 'a transfer has lost its key',
      check: 'transfers-match-their-entries',
      sql: 'DELETE FROM kakao_share.transfer_keys WHERE transfer_id = $1',
      by: () => [transfer],
      offender: () => transfer,
    },
    {
      title: 'a transfer was given a second key',
      check: 'transfers-match-their-entries',
      sql: `INSERT INTO kakao_share.transfer_keys (app, key, transfer_id) VALUES ('default', 'reward/second', $1)`,
      by: () => [transfer],
      offender: () => transfer,
    },
    {
      title: 'the amount of a decision was changed',
      check: 'decisions-match-what-was-paid',
      sql: 'UPDATE kakao_share.decisions SET amount = amount + 1 WHERE delivery_id = $1',
      by: () => [delivery],
      offender: () => delivery,
    },
    {
      title: 'a paid share was deleted',
      check: 'decisions-match-what-was-paid',
      sql: 'DELETE FROM kakao_share.shares WHERE id = $1',
      by: () => [delivery],
      offender: () => delivery,
    },
    {
      title: 'a reward has lost its key',
      check: 'rewards-paid-once',
      sql: 'DELETE FROM kakao_share.reward_keys WHERE transfer_id = $1',
      by: () => [transfer],
      offender: () => transfer,
    },
    {
      title: 'a delivery has been paid under two keys',
      check: 'rewards-paid-once',
      sql: `INSERT INTO kakao_share.reward_keys (app, key, delivery_id, transfer_id) VALUES ('default', 'another', $1, $2)`,
      by: () => [delivery, UNKNOWN_ID],
      offender: () => delivery,
    },
    {
      title: 'a key stands for a payment that nobody decided',
      check: 'rewards-paid-once',
      sql: 'UPDATE kakao_share.reward_keys SET transfer_id = $2 WHERE transfer_id = $1',
      by: () => [transfer, UNKNOWN_ID],
      offender: () => delivery,
    },
    {
      title: 'a user is below zero without a clawback',
      check: 'floors-hold',
      sql: `UPDATE kakao_share.entries SET balance_after = -1 WHERE transfer_id = $1 AND amount < 0
              AND account_id IN (SELECT id FROM kakao_share.accounts WHERE kind = 'user_available')`,
      by: () => [redemption],
      offender: () => 'user_available/default/point/',
    },
    {
      title: 'a floor was taken away',
      check: 'floors-hold',
      sql: `UPDATE kakao_share.accounts SET floor = NULL WHERE kind = 'redeemed' AND $1::text IS NOT NULL`,
      by: () => [''],
      offender: () => 'redeemed/default/point/',
    },
    {
      title: 'a use of a lot was taken away',
      check: 'lots-match-their-uses',
      sql: 'DELETE FROM kakao_share.lot_uses WHERE transfer_id = $1',
      by: () => [redemption],
      offender: () => redemption,
    },
    {
      title: 'a redemption was reversed for another amount',
      check: 'redemptions-reversed-once',
      sql: 'UPDATE kakao_share.transfers SET amount = amount + 1 WHERE id = $1',
      by: () => [reversal],
      offender: () => reversal,
    },
    {
      title: 'a cap forgets a reward that was paid',
      check: 'campaign-rewards-match-what-was-paid',
      sql: 'DELETE FROM kakao_share.campaign_rewards WHERE delivery_id = $1',
      by: () => [delivery],
      offender: () => delivery,
    },
    {
      title: 'a held reward was forgotten',
      check: 'holds-match-pending-points',
      sql: 'DELETE FROM kakao_share.holds WHERE transfer_id = $1',
      by: () => [held],
      offender: () => 'user_pending/default/point/',
    },
    {
      title: 'a held reward counts as released without a release',
      check: 'holds-resolved-once',
      sql: `UPDATE kakao_share.holds SET state = 'released', resolved_by = gen_random_uuid() WHERE transfer_id = $1`,
      by: () => [held],
      offender: () => held,
    },
    {
      title: 'a claim says that less was taken back',
      check: 'clawbacks-match-their-claims',
      sql: `UPDATE kakao_share.clawback_claims SET taken = taken - 1, shortfall = 'net-later' WHERE transfer_id = $1`,
      by: () => [clawedBack],
      offender: () => clawedBack,
    },
    {
      title: 'a decision was deleted',
      check: 'settled-deliveries-have-a-decision',
      sql: 'DELETE FROM kakao_share.decisions WHERE delivery_id = $1',
      by: () => [delivery],
      offender: () => delivery,
    },
    {
      title: 'a settled delivery was opened again',
      check: 'settled-deliveries-have-a-decision',
      sql: 'INSERT INTO kakao_share.open_deliveries (delivery_id, dispatched_at, leased_until) VALUES ($1, now(), now())',
      by: () => [delivery],
      offender: () => delivery,
    },
    {
      title: 'the balance after an entry was changed',
      check: 'balances-follow-each-other',
      sql: 'UPDATE kakao_share.entries SET balance_after = balance_after + 5 WHERE transfer_id = $1 AND amount > 0',
      by: () => [transfer],
      offender: () => account,
    },
    {
      title: 'points went to another user, with entry and lot',
      check: 'transfers-stay-with-their-user',
      sql: `WITH other AS (SELECT id FROM kakao_share.accounts WHERE kind = 'user_available' AND name <> $2 LIMIT 1),
                 moved AS (UPDATE kakao_share.entries SET account_id = other.id FROM other WHERE transfer_id = $1 AND amount > 0)
            UPDATE kakao_share.lots SET account_id = other.id FROM other WHERE transfer_id = $1`,
      by: () => [transfer, account],
      offender: () => transfer,
    },
    {
      title: 'a redemption is said to be of another user',
      check: 'transfers-stay-with-their-user',
      sql: 'UPDATE kakao_share.transfers SET user_ref = (SELECT id FROM kakao_share.users u WHERE u.id <> user_ref LIMIT 1) WHERE id = $1',
      by: () => [redemption],
      offender: () => redemption,
    },
    {
      title: 'what was redeemed stands as an adjustment',
      check: 'transfers-move-as-their-kind-says',
      sql: `UPDATE kakao_share.entries SET account_id = (SELECT id FROM kakao_share.accounts WHERE kind = 'adjustment')
            WHERE transfer_id = $1 AND amount > 0`,
      by: () => [redemption],
      offender: () => redemption,
    },
    {
      title: 'a reward stands as an adjustment, and nothing was decided',
      check: 'transfers-move-as-their-kind-says',
      sql: `WITH relabelled AS (UPDATE kakao_share.transfers SET kind = 'adjustment' WHERE id = $1),
                 keys AS (DELETE FROM kakao_share.reward_keys WHERE transfer_id = $1),
                 counted AS (DELETE FROM kakao_share.campaign_rewards WHERE delivery_id = $2)
            UPDATE kakao_share.decisions SET transfer_id = NULL, amount = NULL, unit = NULL, verdict = 'no-campaign'
            WHERE delivery_id = $2`,
      by: () => [transfer, delivery],
      offender: () => transfer,
    },
    {
      title: 'a reversal has another key',
      check: 'transfers-keep-their-keys',
      sql: `UPDATE kakao_share.transfer_keys SET key = 'reversal/another' WHERE transfer_id = $1`,
      by: () => [reversal],
      offender: () => reversal,
    },
    {
      title: 'a redemption has another key',
      check: 'transfers-keep-their-keys',
      sql: `UPDATE kakao_share.transfer_keys SET key = 'request/another' WHERE transfer_id = $1`,
      by: () => [redemption],
      offender: () => redemption,
    },
    {
      title: 'an adjustment was given another reason',
      check: 'adjustments-are-audited',
      sql: `UPDATE kakao_share.transfers SET reason = 'another' WHERE id = $1`,
      by: () => [adjustment],
      offender: () => adjustment,
    },
    {
      title: 'the points of an adjustment never expire',
      check: 'adjustments-are-audited',
      sql: 'UPDATE kakao_share.lots SET expires_at = NULL WHERE transfer_id = $1',
      by: () => [adjustment],
      offender: () => adjustment,
    },
    {
      title: 'a lot is said to come from elsewhere',
      check: 'lots-match-their-credits',
      sql: 'UPDATE kakao_share.lots SET transfer_id = $2 WHERE transfer_id = $1',
      by: () => [transfer, UNKNOWN_ID],
      offender: () => transfer,
    },
    {
      title: 'a decision paid somebody else',
      check: 'decisions-match-what-was-paid',
      sql: 'UPDATE kakao_share.decisions SET user_ref = (SELECT id FROM kakao_share.users u WHERE u.id <> user_ref LIMIT 1) WHERE delivery_id = $1',
      by: () => [delivery],
      offender: () => delivery,
    },
    {
      title: 'a paid share is said to be of somebody else',
      check: 'decisions-match-what-was-paid',
      sql: 'UPDATE kakao_share.shares SET user_ref = (SELECT id FROM kakao_share.users u WHERE u.id <> user_ref LIMIT 1) WHERE id = $1',
      by: () => [delivery],
      offender: () => delivery,
    },
    {
      title: 'a reward has another key, everywhere',
      check: 'reward-keys-match-what-was-paid',
      sql: `WITH renamed AS (UPDATE kakao_share.transfer_keys SET key = key || 'x' WHERE transfer_id = $1)
            UPDATE kakao_share.reward_keys SET key = key || 'x' WHERE transfer_id = $1`,
      by: () => [transfer],
      offender: () => delivery,
    },
    {
      title: 'a cap counts a reward on another day',
      check: 'campaign-rewards-match-their-shares',
      sql: `UPDATE kakao_share.campaign_rewards SET received_at = received_at - interval '1 day' WHERE delivery_id = $1`,
      by: () => [delivery],
      offender: () => delivery,
    },
    {
      title: 'a cap counts a reward in another room',
      check: 'campaign-rewards-match-their-shares',
      sql: `UPDATE kakao_share.campaign_rewards SET room = 'another' WHERE delivery_id = $1`,
      by: () => [delivery],
      offender: () => delivery,
    },
    {
      title: 'a cap of another campaign counts a reward',
      check: 'campaign-rewards-match-their-shares',
      sql: `WITH other AS (INSERT INTO kakao_share.campaigns (id, app, name) VALUES (gen_random_uuid(), 'default', 'other') RETURNING id)
            UPDATE kakao_share.campaign_rewards t SET campaign_id = other.id FROM other WHERE t.delivery_id = $1`,
      by: () => [delivery],
      offender: () => delivery,
    },
    {
      title: 'another campaign is said to have paid',
      check: 'budgets-match-their-campaigns',
      sql: `WITH other AS (INSERT INTO kakao_share.campaigns (id, app, name) VALUES (gen_random_uuid(), 'default', 'other') RETURNING id)
            UPDATE kakao_share.decisions t SET campaign_id = other.id FROM other WHERE t.delivery_id = $1`,
      by: () => [delivery],
      offender: () => transfer,
    },
    {
      title: 'a budget has no floor',
      check: 'budgets-match-their-campaigns',
      sql: `UPDATE kakao_share.accounts SET floor = NULL WHERE kind = 'campaign_budget' AND $1::text IS NOT NULL`,
      by: () => [''],
      offender: () => 'campaign_budget/default/point/',
    },
    {
      title: 'a budget has a lower floor',
      check: 'budgets-match-their-campaigns',
      sql: `UPDATE kakao_share.accounts SET floor = floor - 1 WHERE kind = 'campaign_budget' AND $1::text IS NOT NULL`,
      by: () => [''],
      offender: () => 'campaign_budget/default/point/',
    },
    {
      title: 'a reward has expired long ago',
      check: 'rewards-expire-as-promised',
      sql: `UPDATE kakao_share.lots SET expires_at = '2001-01-01Z' WHERE transfer_id = $1`,
      by: () => [transfer],
      offender: () => transfer,
    },
    {
      title: 'a held reward is to expire once released',
      check: 'rewards-expire-as-promised',
      sql: 'UPDATE kakao_share.holds SET expires_after_days = 1 WHERE transfer_id = $1',
      by: () => [held],
      offender: () => held,
    },
  ];

  test.each(TAMPERINGS)(
    '$title: $check says so and names it',
    async ({ check, sql, by, offender }) => {
      const { ok, failing } = await checksAfter((tx) => tx.query(sql, by()));
      expect(ok).toBe(false);
      const found = failing.find(({ name }) => name === check);
      expect(found?.detail).toContain('not so');
      expect(found?.detail).toContain(offender());
    },
  );

  test('of many offenders five are named, and that there are more', async () => {
    const { failing } = await checksAfter((tx) =>
      tx.query(
        `INSERT INTO kakao_share.transfers (id, app, unit, kind, amount, occurred_at, actor)
         SELECT gen_random_uuid(), 'default', 'point', 'reward', 1, now(), 'test' FROM generate_series(1, 8)`,
      ),
    );
    const found = failing.find(({ name }) => name === 'transfers-match-their-entries');
    expect(found?.detail.match(/[0-9a-f]{8}-/g)).toHaveLength(5);
    expect(found?.detail).toMatch(/ and more$/);
  });

  test('over HTTP the answer turns false too, and true again once it is mended', async () => {
    const name = account;
    await db.rows('UPDATE kakao_share.accounts SET balance = balance + 1 WHERE name = $1', [name]);
    try {
      const { status, body } = await service.api<{ ok: boolean; checks: Check[] }>(
        '/v1/ledger/verification',
      );
      expect({ status, ok: body.ok }).toEqual({ status: 200, ok: false });
      const found = body.checks.find((check) => check.name === 'balances-equal-entries');
      expect(found?.detail).toContain(name);
    } finally {
      await db.rows('UPDATE kakao_share.accounts SET balance = balance - 1 WHERE name = $1', [
        name,
      ]);
    }
    const mended = await service.api<{ ok: boolean }>('/v1/ledger/verification');
    expect(mended.body.ok).toBe(true);
  });
});
