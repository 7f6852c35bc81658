import type { Transaction } from '../database/database.js';

/** Keeps of shares that there was one: they are decided again and not understood any more, so what was read of them before is not so. */
export async function emptyShares(tx: Transaction, deliveryIds: readonly string[]): Promise<void> {
  if (deliveryIds.length === 0) return;
  await tx.query(
    `UPDATE kakao_share.shares SET user_ref = NULL, room_hash = NULL, custom = NULL, has_unstorable_text = false, intent_status = 'none', intent_id = NULL
     WHERE id = ANY($1)`,
    [deliveryIds],
  );
}
