import type { Transaction } from '../database/database.js';

/** Keeps of deliveries that they came, and nothing of what they said: for what arrives of a person who was erased. */
export async function blankDeliveries(
  tx: Transaction,
  deliveryIds: readonly string[],
): Promise<void> {
  if (deliveryIds.length === 0) return;
  await tx.query(
    'UPDATE kakao_share.deliveries SET user_id = NULL, headers = NULL, query = NULL, body = NULL WHERE id = ANY($1)',
    [deliveryIds],
  );
}
