import { toInteger } from '../database/amount.js';
import type { Transaction } from '../database/database.js';
import { lockUsers } from '../users/lock-users.js';
import { MAX_MOVEMENTS } from './clerk-bounds.js';
import { toClawback, type Claim } from './claim.js';
import { holderKey } from './holder.js';
import { carryOut, type Movement } from './movement.js';
import { readAvailable } from './read-available.js';

/** Takes what is still claimed of these users, as far as their points go. @returns how many transfers that took */
export async function collectClaims(
  tx: Transaction,
  userRefs: readonly string[],
  now: Date,
): Promise<number> {
  await lockUsers(tx, [], userRefs);
  const { movements } = await planCollection(tx, userRefs, await readAvailable(tx, userRefs), now);
  await carryOut(tx, movements);
  return movements.length;
}

/**
 * Takes note, on the oldest claims first, of what can be taken of these users, whom the caller holds; the movements are the
 * caller's to carry out in the same transaction.
 *
 * @param available what each holder can spend, by `holderKey`
 * @returns the movements, what is available after them, and whether no claim on that can be left
 */
export async function planCollection(
  tx: Transaction,
  userRefs: readonly string[],
  available: ReadonlyMap<string, number>,
  now: Date,
): Promise<{ movements: Movement[]; available: Map<string, number>; isWhole: boolean }> {
  const left = new Map(available);
  const movements: Movement[] = [];
  const taken: { transferId: string; amount: number }[] = [];
  const claims = await lockOpenClaims(tx, userRefs, available);
  for (const claim of claims) {
    const spendable = Math.max(left.get(holderKey(claim)) ?? 0, 0);
    const amount = Math.min(spendable, claim.amount - claim.taken);
    if (amount === 0) continue;
    left.set(holderKey(claim), spendable - amount);
    movements.push(toClawback(claim, amount, now));
    taken.push({ transferId: claim.transferId, amount });
  }
  if (taken.length > 0) {
    await tx.query(
      `UPDATE kakao_share.clawback_claims c SET taken = c.taken + g.amount
       FROM unnest($1::uuid[], $2::bigint[]) AS g (transfer_id, amount) WHERE c.transfer_id = g.transfer_id`,
      [taken.map(({ transferId }) => transferId), taken.map(({ amount }) => amount)],
    );
  }
  const isWhole =
    claims.length < MAX_MOVEMENTS || [...left.values()].every((points) => points <= 0);
  return { movements, available: left, isWhole };
}

/** The oldest first, and of holders only who have something: claims on nothing would keep others from being seen. */
async function lockOpenClaims(
  tx: Transaction,
  userRefs: readonly string[],
  available: ReadonlyMap<string, number>,
): Promise<Claim[]> {
  const holders = [...available].filter(([, points]) => points > 0).map(([key]) => key);
  if (holders.length === 0) return [];

  const rows = await tx.query<{
    transfer_id: string;
    delivery_id: string;
    app: string;
    unit: string;
    user_ref: string;
    campaign_id: string;
    amount: string;
    taken: string;
    actor: string;
    reason: string;
  }>(
    `SELECT transfer_id, delivery_id, app, unit, user_ref, campaign_id, amount, taken, actor, reason
     FROM kakao_share.clawback_claims
     WHERE user_ref = ANY($1) AND taken < amount AND app || '/' || unit || '/' || user_ref = ANY($2)
     ORDER BY created_at, transfer_id LIMIT ${MAX_MOVEMENTS} FOR UPDATE`,
    [userRefs, holders],
  );
  return rows.map((row) => ({
    transferId: row.transfer_id,
    deliveryId: row.delivery_id,
    app: row.app,
    unit: row.unit,
    userRef: row.user_ref,
    campaignId: row.campaign_id,
    amount: toInteger(row.amount),
    taken: toInteger(row.taken),
    actor: row.actor,
    reason: row.reason,
  }));
}
