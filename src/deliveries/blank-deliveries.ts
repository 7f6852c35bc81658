import type { Transaction } from '../database/database.js';

/**
 * Keeps of deliveries that they came, and nothing of what they, their repeats and their corrections said: they are of a person who was erased.
 * @returns how many deliveries
 */
export async function blankDeliveries(
  tx: Transaction,
  deliveryIds: readonly string[],
): Promise<number> {
  if (deliveryIds.length === 0) return 0;
  await tx.query(
    'UPDATE kakao_share.differing_repeats SET headers = NULL, query = NULL, body = NULL WHERE delivery_id = ANY($1)',
    [deliveryIds],
  );
  const blanked = await tx.query(
    'UPDATE kakao_share.deliveries SET user_id = NULL, headers = NULL, query = NULL, body = NULL WHERE id = ANY($1) RETURNING id',
    [deliveryIds],
  );
  // After their rows are held: a correction that was being written has been written by now.
  await tx.query(
    'UPDATE kakao_share.delivery_corrections SET fields = NULL, user_id = NULL WHERE delivery_id = ANY($1)',
    [deliveryIds],
  );
  return blanked.length;
}
