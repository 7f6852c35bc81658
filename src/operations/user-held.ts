import { toInteger } from '../database/amount.js';
import type { Queryable } from '../database/database.js';

/** A reward that waits for its release. */
export interface HeldView {
  readonly deliveryId: string;
  readonly campaignId: string;
  readonly amount: number;
  readonly unit: string;
  readonly releaseAt: string;
}

/** What fits a screen. */
const SHOWN = 50;

/** The next to be released first. */
export async function readHeld(queryable: Queryable, userRef: string): Promise<HeldView[]> {
  const rows = await queryable.query<{
    delivery_id: string;
    campaign_id: string;
    amount: string;
    unit: string;
    release_at: Date;
  }>(
    `SELECT delivery_id, campaign_id, amount, unit, release_at FROM kakao_share.holds
     WHERE user_ref = $1 AND state = 'pending' ORDER BY release_at, transfer_id LIMIT ${SHOWN}`,
    [userRef],
  );
  return rows.map(({ delivery_id, campaign_id, amount, unit, release_at }) => ({
    deliveryId: delivery_id,
    campaignId: campaign_id,
    amount: toInteger(amount),
    unit,
    releaseAt: release_at.toISOString(),
  }));
}
