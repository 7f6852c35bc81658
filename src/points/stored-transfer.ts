import { toInteger } from '../database/amount.js';
import type { Queryable, Transaction } from '../database/database.js';
import { IdempotencyConflictError } from '../idempotency/idempotency-conflict-error.js';
import type { TransferKind } from '../ledger/account.js';

/** A transfer as it stands in the books. */
export interface StoredTransfer {
  readonly id: string;
  readonly app: string;
  readonly unit: string;
  readonly kind: TransferKind;
  readonly amount: number;
  /** What it added to the user's available points, and what they were then; null where it left them alone. */
  readonly change: number | null;
  readonly balanceAfter: number | null;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  readonly originId: string | null;
  readonly actor: string;
  readonly reason: string | null;
}

/** What an operation did: the transfer of this request, or of the same one before. */
export interface Moved {
  readonly transfer: StoredTransfer;
  readonly repeated: boolean;
}

interface TransferRow {
  id: string;
  app: string;
  unit: string;
  kind: TransferKind;
  amount: string;
  change: string | null;
  balance_after: string | null;
  occurred_at: Date;
  recorded_at: Date;
  origin_id: string | null;
  actor: string;
  reason: string | null;
}

/** Reads a transfer that is known to exist. */
export async function readTransfer(queryable: Queryable, id: string): Promise<StoredTransfer> {
  // Entries are found by account: by transfer they would need an index that every reward pays for.
  const [row] = await queryable.query<TransferRow>(
    `SELECT t.id, t.app, t.unit, t.kind, t.amount, e.amount AS change, e.balance_after, t.occurred_at, t.recorded_at,
            t.origin_id, t.actor, t.reason
     FROM kakao_share.transfers t
     LEFT JOIN kakao_share.accounts a
       ON a.user_ref = t.user_ref AND a.app = t.app AND a.unit = t.unit AND a.kind = 'user_available'
     LEFT JOIN kakao_share.entries e ON e.account_id = a.id AND e.transfer_id = t.id
     WHERE t.id = $1`,
    [id],
  );
  if (row === undefined) throw new Error('A transfer is named that does not exist.');
  return {
    id: row.id,
    app: row.app,
    unit: row.unit,
    kind: row.kind,
    amount: toInteger(row.amount),
    change: row.change === null ? null : toInteger(row.change),
    balanceAfter: row.balance_after === null ? null : toInteger(row.balance_after),
    occurredAt: row.occurred_at,
    recordedAt: row.recorded_at,
    originId: row.origin_id,
    actor: row.actor,
    reason: row.reason,
  };
}

/** The transfer that a key stands for, if it happened. @throws {IdempotencyConflictError} if it stands for something else */
export async function findTransfer(
  tx: Transaction,
  app: string,
  key: string,
  digest?: Buffer,
): Promise<StoredTransfer | undefined> {
  const [known] = await tx.query<{ transfer_id: string; digest: Buffer | null }>(
    'SELECT transfer_id, digest FROM kakao_share.transfer_keys WHERE key = $2 AND app = $1',
    [app, key],
  );
  if (known === undefined) return undefined;
  if (digest !== undefined && known.digest?.equals(digest) !== true) {
    throw new IdempotencyConflictError();
  }
  return readTransfer(tx, known.transfer_id);
}
