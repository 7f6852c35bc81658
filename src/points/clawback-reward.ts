import { toInteger } from '../database/amount.js';
import type { Database, Transaction } from '../database/database.js';
import { IdempotencyConflictError } from '../idempotency/idempotency-conflict-error.js';
import { lockUsers } from '../users/lock-users.js';
import { clawbackKey, toClawback, type Claim } from './claim.js';
import { findReward, type PaidReward } from './find-reward.js';
import { lockHold } from './hold.js';
import { carryOut } from './movement.js';
import { planDue } from './plan-due.js';
import { InsufficientPointsError, RewardStateError } from './points-errors.js';
import { recordAudit } from '../audit/record-audit.js';
import type { RewardRequest } from './end-hold.js';
import { findTransfer, type StoredTransfer } from './stored-transfer.js';
import { transactSpending } from './transact-spending.js';

/**
 * What happens where the user has too few points. `refuse`: nothing. `negative`: the user goes below zero, and what comes in
 * later fills that first. `net-later`: what is there is taken now, the rest from what comes in later.
 */
export const SHORTFALLS = ['refuse', 'negative', 'net-later'] as const;
export type Shortfall = (typeof SHORTFALLS)[number];

/** A reward to be taken back. */
export interface ClawbackRequest extends RewardRequest {
  /** How much of it; absent: all. */
  readonly amount?: number;
  readonly shortfall: Shortfall;
}

/** How a clawback stands. */
export interface Clawback {
  /** What was asked for. */
  readonly amount: number;
  /** What has been taken so far. */
  readonly taken: number;
  /** The first transfer; null while there was nothing to take. */
  readonly transfer: StoredTransfer | null;
  readonly repeated: boolean;
}

/**
 * Takes a reward back from the user to the campaign's budget, once. Repeated, it tells how the first one stands.
 * @throws {UnknownRewardError} {@link InsufficientPointsError} with `refuse`, {@link IdempotencyConflictError} for another
 *   clawback of the same reward, {@link RewardStateError} where it is still held, was voided, or was less than that
 */
export async function clawbackReward(
  database: Database,
  request: ClawbackRequest,
): Promise<Clawback> {
  const reward = await findReward(database, request.deliveryId, request.apps);
  return transactSpending(database, { userRef: reward.userRef, now: request.now }, async (tx) => {
    await lockUsers(tx, [], [reward.userRef]);
    const claim: Claim = {
      ...reward,
      amount: request.amount ?? reward.amount,
      taken: 0,
      actor: request.actor,
      reason: request.reason,
    };
    const earlier = await findClawback(tx, claim, request.shortfall);
    if (earlier !== undefined) return earlier;
    await refuseUnfit(tx, reward, claim.amount);
    const taken = await take(tx, claim, request);
    await recordClaim(tx, claim, taken, request.shortfall);
    await recordAudit(tx, {
      actor: claim.actor,
      app: claim.app,
      action: 'reward.clawback',
      target: claim.transferId,
      after: { ...describe(claim), taken, shortfall: request.shortfall },
      reason: claim.reason,
    });
    return { amount: claim.amount, taken, transfer: await readFirst(tx, claim), repeated: false };
  });
}

async function refuseUnfit(tx: Transaction, reward: PaidReward, amount: number): Promise<void> {
  const hold = await lockHold(tx, reward.transferId);
  if (hold?.state === 'pending')
    throw new RewardStateError('This reward is still held: void it instead.');
  if (hold?.state === 'voided')
    throw new RewardStateError('This reward was voided: there is nothing to take back.');
  if (amount > reward.amount)
    throw new RewardStateError(`This reward was ${reward.amount}: no more can be taken back.`);
}

/** Takes what is to be taken at once, after what is due from before. */
async function take(
  tx: Transaction,
  claim: Claim,
  { shortfall, now }: ClawbackRequest,
): Promise<number> {
  const due = await planDue(tx, claim, now);
  const available = Math.max(due.available, 0);
  if (shortfall === 'refuse' && available < claim.amount)
    throw new InsufficientPointsError(available, claim.amount);
  const taken = shortfall === 'negative' ? claim.amount : Math.min(available, claim.amount);
  await carryOut(tx, [...due.movements, ...(taken > 0 ? [toClawback(claim, taken, now)] : [])]);
  return taken;
}

async function findClawback(
  tx: Transaction,
  claim: Claim,
  shortfall: Shortfall,
): Promise<Clawback | undefined> {
  const [known] = await tx.query<{ amount: string; taken: string; shortfall: string }>(
    'SELECT amount, taken, shortfall FROM kakao_share.clawback_claims WHERE transfer_id = $1',
    [claim.transferId],
  );
  if (known === undefined) return undefined;
  const amount = toInteger(known.amount);
  if (amount !== claim.amount || known.shortfall !== shortfall)
    throw new IdempotencyConflictError('This reward was taken back before, in another way.');
  return {
    amount,
    taken: toInteger(known.taken),
    transfer: await readFirst(tx, claim),
    repeated: true,
  };
}

async function readFirst(tx: Transaction, claim: Claim): Promise<StoredTransfer | null> {
  return (await findTransfer(tx, claim.app, clawbackKey(claim.transferId, 0))) ?? null;
}

async function recordClaim(
  tx: Transaction,
  claim: Claim,
  taken: number,
  shortfall: Shortfall,
): Promise<void> {
  await tx.query(
    `INSERT INTO kakao_share.clawback_claims
       (transfer_id, delivery_id, app, unit, user_ref, campaign_id, amount, taken, shortfall, actor, reason)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      ...[claim.transferId, claim.deliveryId, claim.app, claim.unit, claim.userRef],
      ...[claim.campaignId, claim.amount, taken, shortfall, claim.actor, claim.reason],
    ],
  );
}

function describe({ deliveryId, amount, unit }: Claim): Record<string, unknown> {
  return { deliveryId, amount, unit };
}
