import { newId } from '../../src/database/new-id.js';
import type { NewTransfer } from '../../src/ledger/account.js';
import { postTransfers } from '../../src/ledger/post-transfers.js';
import { adjustPoints } from '../../src/points/adjust-points.js';
import { clawbackReward } from '../../src/points/clawback-reward.js';
import { MAX_MOVEMENTS } from '../../src/points/clerk-bounds.js';
import { availableTo, outside, type Holder } from '../../src/points/holder.js';
import { InsufficientPointsError } from '../../src/points/points-errors.js';
import { redeemPoints } from '../../src/points/redeem-points.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import { givenReward, givenUser } from './given-reward.js';

const LOTS = MAX_MOVEMENTS + 100;
const NOW = new Date('2026-02-01T00:00:00Z');
const BEFORE = new Date('2026-01-01T00:00:00Z');

let db: TestDatabase;
let campaignId: string;
let users = 0;

beforeAll(async () => {
  db = await createTestDatabase();
  campaignId = await givenCampaign(db);
});
afterAll(() => db.drop());

/** Somebody with more lots of one point than a transaction lets expire. */
async function someoneWithLots(expiresAt?: Date): Promise<Holder> {
  const holder = await givenUser(db, `user-${users++}`);
  const credits = Array.from({ length: LOTS }, (_, index): NewTransfer => ({
    ...{ id: newId(), key: `${holder.userRef}/${index}`, kind: 'adjustment', amount: 1 },
    ...{ from: outside('adjustment', holder), to: availableTo(holder), actor: 'test' },
    ...{ occurredAt: BEFORE, userRef: holder.userRef },
    ...(expiresAt === undefined ? {} : { lotExpiresAt: expiresAt }),
  }));
  await db.database.transaction({ statementTimeoutMs: 20_000 }, (tx) => postTransfers(tx, credits));
  return holder;
}

const by = { apps: undefined, actor: 'test', reason: 'test', now: NOW };
const sumOf = (holder: Holder, kind: string): Promise<number> =>
  db.number(
    'SELECT coalesce(sum(amount), 0) FROM kakao_share.transfers WHERE user_ref = $1 AND kind = $2',
    [holder.userRef, kind],
  );

test('what has expired is not redeemed or debited, in however many lots', async () => {
  const holder = await someoneWithLots(BEFORE);
  const key = holder.userRef;
  await expect(redeemPoints(db.database, { ...holder, ...by, amount: 1, key })).rejects.toThrow(
    InsufficientPointsError,
  );
  const other = await someoneWithLots(BEFORE);
  const debit = { ...other, ...by, direction: 'debit', amount: 1, key: 'debit' } as const;
  await expect(adjustPoints(db.database, debit)).rejects.toThrow(InsufficientPointsError);
});

test('what has not expired is spent, once everything that has is gone', async () => {
  const holder = await someoneWithLots(BEFORE);
  await givenReward(db, holder, { campaignId, amount: 10, now: BEFORE });
  await redeemPoints(db.database, { ...holder, ...by, amount: 10, key: 'spent' });
  expect(await sumOf(holder, 'expiry')).toBe(LOTS);
  expect(await sumOf(holder, 'redemption')).toBe(10);
});

test('a clawback takes nothing that has expired', async () => {
  const holder = await someoneWithLots(BEFORE);
  const { deliveryId } = await givenReward(db, holder, { campaignId, amount: 10, now: BEFORE });
  const first = { ...holder, ...by, amount: 10, key: 'before' };
  await redeemPoints(db.database, first);
  const order = { ...by, deliveryId, shortfall: 'net-later' } as const;
  expect(await clawbackReward(db.database, order)).toMatchObject({ amount: 10, taken: 0 });
});

test('what is claimed is taken before points are spent, in however many claims', async () => {
  const holder = await givenUser(db, `user-${users++}`);
  await db.rows(
    `INSERT INTO kakao_share.clawback_claims
       (transfer_id, delivery_id, app, unit, user_ref, campaign_id, amount, taken, shortfall, actor, reason)
     SELECT gen_random_uuid(), gen_random_uuid(), 'default', unit, $1, $2, 1, 0, 'net-later', 'test', 'test'
     FROM unnest(ARRAY['coin', 'point']) AS unit, generate_series(1, $3)`,
    [holder.userRef, campaignId, LOTS],
  );
  await givenReward(db, holder, { campaignId, amount: LOTS + 10, now: BEFORE });
  const spend = (amount: number, key: string): Promise<unknown> =>
    redeemPoints(db.database, { ...holder, ...by, amount, key });
  await expect(spend(11, 'too much')).rejects.toThrow(InsufficientPointsError);
  await spend(10, 'the rest');
  expect(await sumOf(holder, 'clawback')).toBe(LOTS);
});
