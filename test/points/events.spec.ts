import { adjustPoints } from '../../src/points/adjust-points.js';
import { clawbackReward } from '../../src/points/clawback-reward.js';
import { expireDueLots } from '../../src/points/expire-lots.js';
import { redeemPoints } from '../../src/points/redeem-points.js';
import { releaseReward } from '../../src/points/release-reward.js';
import { reverseRedemption } from '../../src/points/reverse-redemption.js';
import { transact } from '../../src/points/transact.js';
import { voidReward } from '../../src/points/void-reward.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import { givenReward, givenUser } from './given-reward.js';

const USER = 'an-external-id';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

test('every movement is told once, in order, with what it left, and leads to no person; what is done by hand is audited', async () => {
  const campaignId = await givenCampaign(db);
  const holder = await givenUser(db, USER);
  const now = new Date('2026-01-01T00:00:00Z');
  const later = new Date('2026-02-01T00:00:00Z');
  const by = { apps: undefined, actor: 'someone', reason: 'because', now };
  const releaseAt = later;
  const held = { campaignId, amount: 100, now, releaseAt };
  const released = await givenReward(db, holder, held);
  const voided = await givenReward(db, holder, held);
  const expiring = { ...holder, ...by, direction: 'credit' as const, expiresAt: later };

  const request = { ...by, deliveryId: released.deliveryId };
  await releaseReward(db.database, request);
  await releaseReward(db.database, request);
  await voidReward(db.database, { ...by, deliveryId: voided.deliveryId });
  const { transfer } = await redeemPoints(db.database, { ...holder, ...by, amount: 30, key: 'a' });
  await reverseRedemption(db.database, { ...by, redemptionId: transfer.id });
  await adjustPoints(db.database, { ...expiring, amount: 7, key: 'b' });
  await transact(db.database, (tx) => expireDueLots(tx, [holder.userRef], later));
  await clawbackReward(db.database, { ...request, amount: 60, shortfall: 'refuse' });

  const events = await db.rows<{ type: string; sequence: string; data: Record<string, unknown> }>(
    'SELECT type, sequence, data FROM kakao_share.events ORDER BY sequence',
  );
  const unit = 'point';
  const ofReleased = { deliveryId: released.deliveryId, campaignId };
  expect(events.map(({ type, data }) => [type, data])).toMatchObject([
    ['reward.released', { amount: 100, unit, balanceAfter: 100, ...ofReleased }],
    ['reward.voided', { amount: 100, unit, deliveryId: voided.deliveryId, campaignId }],
    ['points.redeemed', { transferId: transfer.id, amount: 30, unit, balanceAfter: 70 }],
    [
      'points.redemption-reversed',
      { amount: 30, balanceAfter: 100, redemptionTransferId: transfer.id },
    ],
    ['points.adjusted', { amount: 7, balanceAfter: 107, direction: 'credit' }],
    ['reward.expired', { amount: 7, balanceAfter: 100 }],
    ['reward.clawed-back', { amount: 60, balanceAfter: 40, outstanding: 0, ...ofReleased }],
  ]);
  expect(events.map(({ sequence }) => Number(sequence))).toEqual([1, 2, 3, 4, 5, 6, 7]);

  const audit = await db.rows<{ action: string; actor: string; reason: string }>(
    'SELECT action, actor, reason FROM kakao_share.audit ORDER BY id',
  );
  expect(audit.map(({ action }) => action)).toEqual([
    'reward.release',
    'reward.void',
    'redemption.reverse',
    'points.adjust',
    'reward.clawback',
  ]);
  for (const { actor, reason } of audit) expect([actor, reason]).toEqual(['someone', 'because']);
  expect(
    await db.number(
      `SELECT (SELECT count(*) FROM kakao_share.events e WHERE e::text LIKE $1)
            + (SELECT count(*) FROM kakao_share.audit a WHERE a::text LIKE $1)`,
      [`%${USER}%`],
    ),
  ).toBe(0);
});
