import { toInteger } from '../database/amount.js';
import type { Queryable } from '../database/database.js';
import type { Holder } from './holder.js';
import { UnknownRewardError } from './points-errors.js';

/** What was paid for a delivery, whether it is held or not. */
export interface PaidReward extends Holder {
  readonly transferId: string;
  readonly deliveryId: string;
  readonly campaignId: string;
  readonly amount: number;
}

/**
 * Finds what was paid for a delivery; what has paid is never decided again, so none of it changes.
 * @param apps those that the caller may touch; undefined: all
 * @throws {UnknownRewardError}
 */
export async function findReward(
  queryable: Queryable,
  deliveryId: string,
  apps: readonly string[] | undefined,
): Promise<PaidReward> {
  const [row] = await queryable.query<{
    transfer_id: string;
    app: string;
    unit: string;
    user_ref: string;
    campaign_id: string;
    amount: string;
  }>(
    `SELECT transfer_id, app, unit, user_ref, campaign_id, amount FROM kakao_share.decisions
     WHERE delivery_id = $1 AND superseded_at IS NULL AND transfer_id IS NOT NULL
       AND ($2::text[] IS NULL OR app = ANY($2))`,
    [deliveryId, apps ?? null],
  );
  if (row === undefined) throw new UnknownRewardError();
  return {
    transferId: row.transfer_id,
    deliveryId,
    app: row.app,
    unit: row.unit,
    userRef: row.user_ref,
    campaignId: row.campaign_id,
    amount: toInteger(row.amount),
  };
}
