import { toInteger } from '../database/amount.js';
import type { Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { lockUsers } from '../users/lock-users.js';
import { availableTo, outside, type Holder } from './holder.js';
import { CLERK_ACTOR, MAX_MOVEMENTS } from './clerk-bounds.js';
import { carryOut, type Movement } from './movement.js';

/** Lets what is due of these users expire, lot by lot. @returns how many lots; the rest, if any, is for next time */
export async function expireDueLots(
  tx: Transaction,
  userRefs: readonly string[],
  now: Date,
): Promise<number> {
  await lockUsers(tx, [], userRefs);
  const expiries = await planExpiry(tx, userRefs, now);
  await carryOut(tx, expiries);
  return expiries.length;
}

/**
 * What expires of these users, whom the caller holds. In the order in which lots are used up, so that each transfer takes from
 * the lot that it is about.
 */
export async function planExpiry(
  tx: Transaction,
  userRefs: readonly string[],
  now: Date,
): Promise<Movement[]> {
  const rows = await tx.query<{
    id: string;
    transfer_id: string;
    remaining: string;
    uses: string;
    app: string;
    unit: string;
    user_ref: string;
  }>(
    `SELECT l.id, l.transfer_id, l.remaining, a.app, a.unit, a.user_ref,
            (SELECT count(*) FROM kakao_share.lot_uses u WHERE u.lot_id = l.id) AS uses
     FROM kakao_share.accounts a JOIN kakao_share.lots l ON l.account_id = a.id
     WHERE a.user_ref = ANY($1) AND a.kind = 'user_available' AND l.remaining > 0 AND l.expires_at <= $2
     ORDER BY l.expires_at, l.id LIMIT ${MAX_MOVEMENTS}`,
    [userRefs, now],
  );
  return rows.map(({ id, transfer_id, remaining, uses, app, unit, user_ref }) => {
    const holder: Holder = { app, unit, userRef: user_ref };
    return {
      transfer: {
        id: newId(),
        // A lot that a reversal fills again expires again: what was taken from it so far tells the times apart.
        key: `expiry/${id}/${uses}`,
        kind: 'expiry',
        from: availableTo(holder),
        to: outside('expired', holder),
        amount: toInteger(remaining),
        occurredAt: now,
        userRef: user_ref,
        originId: transfer_id,
        actor: CLERK_ACTOR,
      },
      type: 'reward.expired',
      data: { originTransferId: transfer_id },
    };
  });
}
