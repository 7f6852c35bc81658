import type { Transaction } from '../database/database.js';
import { insertRows } from '../database/insert-rows.js';
import { newId } from '../database/new-id.js';
import type { LotChanges } from './lot.js';

/** Writes new lots, what remains of others, and who took it: one statement each, none for what did not happen. */
export async function writeLots(
  tx: Transaction,
  { created, changed, uses }: LotChanges,
): Promise<void> {
  await insertRows(
    tx,
    'kakao_share.lots',
    {
      id: 'uuid',
      account_id: 'uuid',
      transfer_id: 'uuid',
      amount: 'bigint',
      remaining: 'bigint',
      expires_at: 'timestamptz',
    },
    created.map((lot) => ({
      id: lot.id,
      account_id: lot.accountId,
      transfer_id: lot.transferId,
      amount: lot.amount,
      remaining: lot.remaining,
      expires_at: lot.expiresAt,
    })),
  );
  if (changed.length > 0) {
    await tx.query(
      `UPDATE kakao_share.lots l SET remaining = g.remaining
       FROM unnest($1::uuid[], $2::bigint[]) AS g (id, remaining) WHERE l.id = g.id`,
      [changed.map(({ id }) => id), changed.map(({ remaining }) => remaining)],
    );
  }
  await insertRows(
    tx,
    'kakao_share.lot_uses',
    { id: 'uuid', lot_id: 'uuid', transfer_id: 'uuid', amount: 'bigint' },
    uses.map(({ lotId, transferId, amount }) => ({
      id: newId(),
      lot_id: lotId,
      transfer_id: transferId,
      amount,
    })),
  );
}
