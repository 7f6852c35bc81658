import type { Transaction } from '../database/database.js';
import { DISPATCH_LEASE_S } from './store-deliveries.js';

/** Whether a job will be asked for, which is then trusted for a while; otherwise the next sweep asks. */
export type Dispatch = 'job' | 'sweep';

/** Puts settled deliveries back on the work list, their attempts counted from the start. */
export async function reopenDeliveries(
  tx: Transaction,
  deliveryIds: readonly string[],
  dispatch: Dispatch,
): Promise<void> {
  await tx.query(
    `INSERT INTO kakao_share.open_deliveries (delivery_id, dispatched_at, leased_until, intent_id)
     SELECT g.id, CASE WHEN $2 THEN clock_timestamp() ELSE '-infinity' END,
            CASE WHEN $2 THEN clock_timestamp() + make_interval(secs => ${DISPATCH_LEASE_S}) ELSE '-infinity' END,
            (SELECT intent_id FROM kakao_share.shares s WHERE s.id = g.id)
     FROM unnest($1::uuid[]) AS g (id) ORDER BY g.id`,
    [deliveryIds, dispatch === 'job'],
  );
}
