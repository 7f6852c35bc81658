import type { Transaction } from '../database/database.js';
import { insertRows } from '../database/insert-rows.js';

/** A reward whose points are pending: released at `releaseAt` unless somebody releases or voids it before. */
export interface NewHold {
  /** The reward's transfer. */
  readonly transferId: string;
  readonly deliveryId: string;
  readonly app: string;
  readonly unit: string;
  readonly userRef: string;
  readonly campaignId: string;
  readonly amount: number;
  readonly releaseAt: Date;
  /** How long the points can be spent once released; null: for ever. */
  readonly expiresAfterDays: number | null;
}

/** Remembers which rewards are pending. */
export async function recordHolds(tx: Transaction, holds: readonly NewHold[]): Promise<void> {
  await insertRows(
    tx,
    'kakao_share.holds',
    {
      transfer_id: 'uuid',
      delivery_id: 'uuid',
      app: 'text',
      unit: 'text',
      user_ref: 'uuid',
      campaign_id: 'uuid',
      amount: 'bigint',
      release_at: 'timestamptz',
      expires_after_days: 'integer',
    },
    holds.map((hold) => ({
      transfer_id: hold.transferId,
      delivery_id: hold.deliveryId,
      app: hold.app,
      unit: hold.unit,
      user_ref: hold.userRef,
      campaign_id: hold.campaignId,
      amount: hold.amount,
      release_at: hold.releaseAt,
      expires_after_days: hold.expiresAfterDays,
    })),
  );
}
