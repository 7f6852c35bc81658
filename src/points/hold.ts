import { toInteger } from '../database/amount.js';
import type { Transaction } from '../database/database.js';
import type { Holder } from './holder.js';

/** A reward that is or was pending, its row locked. */
export interface Hold extends Holder {
  /** The reward's transfer. */
  readonly transferId: string;
  readonly deliveryId: string;
  readonly campaignId: string;
  readonly amount: number;
  readonly expiresAfterDays: number | null;
  readonly state: 'pending' | 'released' | 'voided';
  /** The transfer that released or voided it. */
  readonly resolvedBy: string | null;
}

interface HoldRow {
  transfer_id: string;
  delivery_id: string;
  app: string;
  unit: string;
  user_ref: string;
  campaign_id: string;
  amount: string;
  expires_after_days: number | null;
  state: Hold['state'];
  resolved_by: string | null;
}

const SELECT_HOLD = `
  SELECT transfer_id, delivery_id, app, unit, user_ref, campaign_id, amount, expires_after_days, state, resolved_by
  FROM kakao_share.holds`;

/** Reads and locks the hold of a reward; the caller holds the user. Undefined: the reward never was held. */
export async function lockHold(tx: Transaction, transferId: string): Promise<Hold | undefined> {
  const [row] = await tx.query<HoldRow>(`${SELECT_HOLD} WHERE transfer_id = $1 FOR UPDATE`, [
    transferId,
  ]);
  return row === undefined ? undefined : toHold(row);
}

/**
 * Reads and locks what is due for these users, which the caller holds; in the order in which it fell due. What a campaign holds
 * whose kill switch is on waits until it is off, or until somebody decides by hand: the campaign's row is locked, so that once the
 * switch has answered nothing is released any more.
 */
export async function lockDueHolds(
  tx: Transaction,
  userRefs: readonly string[],
  now: Date,
  limit: number,
): Promise<Hold[]> {
  const campaigns = await tx.query<{ id: string; is_killed: boolean }>(
    `SELECT id, killed_at IS NOT NULL AS is_killed FROM kakao_share.campaigns
     WHERE id IN (SELECT campaign_id FROM kakao_share.holds
                  WHERE user_ref = ANY($1) AND state = 'pending' AND release_at <= $2)
     ORDER BY id FOR SHARE`,
    [userRefs, now],
  );
  const paying = campaigns.filter(({ is_killed }) => !is_killed).map(({ id }) => id);
  const rows = await tx.query<HoldRow>(
    `${SELECT_HOLD} WHERE user_ref = ANY($1) AND state = 'pending' AND release_at <= $2 AND campaign_id = ANY($3)
     ORDER BY release_at, transfer_id LIMIT ${limit} FOR UPDATE`,
    [userRefs, now, paying],
  );
  return rows.map(toHold);
}

/** Marks holds as over, each by the transfer that ended it. */
export async function resolveHolds(
  tx: Transaction,
  state: 'released' | 'voided',
  resolved: readonly { readonly hold: Hold; readonly resolvedBy: string }[],
): Promise<void> {
  await tx.query(
    `UPDATE kakao_share.holds h SET state = $3, resolved_by = g.resolved_by
     FROM unnest($1::uuid[], $2::uuid[]) AS g (transfer_id, resolved_by) WHERE h.transfer_id = g.transfer_id`,
    [
      resolved.map(({ hold }) => hold.transferId),
      resolved.map(({ resolvedBy }) => resolvedBy),
      state,
    ],
  );
}

function toHold(row: HoldRow): Hold {
  return {
    transferId: row.transfer_id,
    deliveryId: row.delivery_id,
    app: row.app,
    unit: row.unit,
    userRef: row.user_ref,
    campaignId: row.campaign_id,
    amount: toInteger(row.amount),
    expiresAfterDays: row.expires_after_days,
    state: row.state,
    resolvedBy: row.resolved_by,
  };
}
