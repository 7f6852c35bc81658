import type { Transaction } from '../database/database.js';
import { insertRows } from '../database/insert-rows.js';
import { newId } from '../database/new-id.js';
import type { Entry, NewTransfer } from './account.js';
import { computeEntries } from './compute-entries.js';
import { computeLots } from './compute-lots.js';
import { lockAccounts } from './lock-accounts.js';
import { lockLots } from './lock-lots.js';
import { writeLots } from './write-lots.js';

/** A transfer that was posted, and what it left on its two accounts. */
export interface PostedTransfer {
  readonly transferId: string;
  readonly fromBalanceAfter: number;
  readonly toBalanceAfter: number;
}

/**
 * Posts transfers, in order: accounts locked (by name, after the caller's users), then transfers, entries, lots and
 * balances written. A key that was posted before fails the transaction: the database refuses it.
 *
 * @throws {LedgerError} for what the books cannot take, `OverdrawnError` among it: nothing is written then
 */
export async function postTransfers(
  tx: Transaction,
  transfers: readonly NewTransfer[],
): Promise<PostedTransfer[]> {
  if (transfers.length === 0) return [];
  const accounts = await lockAccounts(
    tx,
    transfers.flatMap(({ from, to }) => [from, to]),
  );
  const { entries, balances } = computeEntries(transfers, accounts);
  const lots = computeLots(transfers, accounts, await lockLots(tx, transfers, accounts), newId);
  await writeTransfers(tx, transfers);
  await writeEntries(tx, entries);
  await writeLots(tx, lots);
  await writeBalances(tx, balances);
  return transfers.map(({ id }, index) => ({
    transferId: id,
    fromBalanceAfter: entries[2 * index]?.balanceAfter ?? 0,
    toBalanceAfter: entries[2 * index + 1]?.balanceAfter ?? 0,
  }));
}

async function writeTransfers(tx: Transaction, transfers: readonly NewTransfer[]): Promise<void> {
  await insertRows(
    tx,
    'kakao_share.transfers',
    {
      id: 'uuid',
      app: 'text',
      unit: 'text',
      kind: 'text',
      amount: 'bigint',
      occurred_at: 'timestamptz',
      user_ref: 'uuid',
      origin_id: 'uuid',
      actor: 'text',
      reason: 'text',
    },
    transfers.map((transfer) => ({
      id: transfer.id,
      app: transfer.from.app,
      unit: transfer.from.unit,
      kind: transfer.kind,
      amount: transfer.amount,
      occurred_at: transfer.occurredAt,
      user_ref: transfer.userRef,
      origin_id: transfer.originId,
      actor: transfer.actor,
      reason: transfer.reason,
    })),
  );
  await insertRows(
    tx,
    'kakao_share.transfer_keys',
    { app: 'text', key: 'text', transfer_id: 'uuid', digest: 'bytea' },
    transfers.map(({ id, key, from, digest }) => ({
      app: from.app,
      key,
      transfer_id: id,
      digest,
    })),
  );
}

/** All entries in one statement: the database checks there that each transfer balances. */
async function writeEntries(tx: Transaction, entries: readonly Entry[]): Promise<void> {
  await insertRows(
    tx,
    'kakao_share.entries',
    {
      id: 'uuid',
      transfer_id: 'uuid',
      account_id: 'uuid',
      amount: 'bigint',
      balance_after: 'bigint',
    },
    entries.map((entry) => ({
      id: newId(),
      transfer_id: entry.transferId,
      account_id: entry.accountId,
      amount: entry.amount,
      balance_after: entry.balanceAfter,
    })),
  );
}

async function writeBalances(
  tx: Transaction,
  balances: ReadonlyMap<string, number>,
): Promise<void> {
  await tx.query(
    `UPDATE kakao_share.accounts a SET balance = g.balance
     FROM unnest($1::uuid[], $2::bigint[]) AS g (id, balance) WHERE a.id = g.id`,
    [[...balances.keys()], [...balances.values()]],
  );
}
