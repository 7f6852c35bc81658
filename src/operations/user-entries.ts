import { toInteger } from '../database/amount.js';
import type { Queryable } from '../database/database.js';

/** Points that came or went. */
export interface EntryView {
  readonly id: string;
  readonly transferId: string;
  /** Which of the user's two accounts it is on. */
  readonly account: 'available' | 'pending';
  readonly amount: number;
  readonly balanceAfter: number;
  readonly unit: string;
  /** Why points moved: `reward`, `release`, `redemption` and so on. */
  readonly kind: string;
  readonly occurredAt: string;
}

/** What fits a screen. */
const SHOWN = 50;

/** The newest first. */
export async function readEntries(queryable: Queryable, userRef: string): Promise<EntryView[]> {
  const rows = await queryable.query<{
    id: string;
    transfer_id: string;
    account: string;
    amount: string;
    balance_after: string;
    unit: string;
    kind: string;
    occurred_at: Date;
  }>(
    `SELECT e.id, e.transfer_id, a.kind AS account, e.amount, e.balance_after, t.unit, t.kind, t.occurred_at
     FROM kakao_share.entries e
     JOIN kakao_share.accounts a ON a.id = e.account_id
     JOIN kakao_share.transfers t ON t.id = e.transfer_id
     WHERE a.user_ref = $1 ORDER BY e.id DESC LIMIT ${SHOWN}`,
    [userRef],
  );
  return rows.map((row) => ({
    id: row.id,
    transferId: row.transfer_id,
    account: row.account === 'user_pending' ? 'pending' : 'available',
    amount: toInteger(row.amount),
    balanceAfter: toInteger(row.balance_after),
    unit: row.unit,
    kind: row.kind,
    occurredAt: row.occurred_at.toISOString(),
  }));
}
