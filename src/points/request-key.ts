import { createHash } from 'node:crypto';
import type { Transaction } from '../database/database.js';
import { digestOfKey } from '../idempotency/idempotency-key.js';
import { findTransfer, type Moved } from './stored-transfer.js';

/** Keys that callers choose stand apart from ours, one space for all operations of an app. */
export function requestKey(key: string): string {
  return `request/${digestOfKey(key)}`;
}

/** Tells a repeated request from another one. */
export function digestOf(content: readonly (string | number | null)[]): Buffer {
  return createHash('sha256').update(JSON.stringify(content)).digest();
}

/**
 * For what happens once to its target anyway, a caller's key is taken beside: with other content it is refused, whatever the
 * target. The caller of this holds the user.
 * @throws {IdempotencyConflictError}
 */
export async function underKey(
  tx: Transaction,
  app: string,
  key: string | undefined,
  content: readonly string[],
  work: () => Promise<Moved>,
): Promise<Moved> {
  if (key === undefined) return work();
  const digest = digestOf(content);
  const earlier = await findTransfer(tx, app, requestKey(key), digest);
  if (earlier !== undefined) return { transfer: earlier, repeated: true };
  const moved = await work();
  await tx.query(
    'INSERT INTO kakao_share.transfer_keys (app, key, transfer_id, digest) VALUES ($1, $2, $3, $4)',
    [app, requestKey(key), moved.transfer.id, digest],
  );
  return moved;
}
