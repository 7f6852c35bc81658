import type { Transaction } from '../database/database.js';
import { DISPATCH_LEASE_S } from './store-deliveries.js';

/** Puts a settled delivery back on the work list, its attempts counted from the start. */
export async function reopenDelivery(tx: Transaction, deliveryId: string): Promise<void> {
  await tx.query(
    `INSERT INTO kakao_share.open_deliveries (delivery_id, dispatched_at, leased_until)
     VALUES ($1, clock_timestamp(), clock_timestamp() + make_interval(secs => ${DISPATCH_LEASE_S}))`,
    [deliveryId],
  );
}
