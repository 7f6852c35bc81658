import { toInteger } from '../database/amount.js';
import type { Transaction } from '../database/database.js';
import { insertRows } from '../database/insert-rows.js';
import { newId } from '../database/new-id.js';
import {
  accountKey,
  type Account,
  type AccountName,
  type Entry,
  type NewTransfer,
} from './account.js';
import { computeEntries, LedgerError } from './compute-entries.js';

/**
 * Posts transfers, in order: accounts locked (by name, after the caller's users), then transfers, entries, lots and
 * balances written. A key that was posted before fails the transaction: the database refuses it.
 */
export async function postTransfers(
  tx: Transaction,
  transfers: readonly NewTransfer[],
): Promise<void> {
  if (transfers.length === 0) return;
  const accounts = await lockAccounts(
    tx,
    transfers.flatMap(({ from, to }) => [from, to]),
  );
  const { entries, balances } = computeEntries(transfers, accounts);
  await writeTransfers(tx, transfers);
  await writeEntries(tx, entries);
  await writeLots(tx, transfers, accounts);
  await writeBalances(tx, balances);
}

/** Brings missing accounts into being, then locks all: both in the order of their names, so no two workers cross. */
async function lockAccounts(
  tx: Transaction,
  names: readonly AccountName[],
): Promise<Map<string, Account>> {
  const unique = [...new Map(names.map((name) => [accountKey(name), name])).values()];
  const keys = unique.map(accountKey);
  await tx.query(
    `INSERT INTO kakao_share.accounts (id, app, unit, kind, user_ref, campaign_id)
     SELECT id, app, unit, kind, user_ref, campaign_id
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::text[])
       AS g (id, app, unit, kind, user_ref, campaign_id, name)
     WHERE NOT EXISTS (SELECT FROM kakao_share.accounts a WHERE a.name = g.name COLLATE "C")
     ORDER BY name COLLATE "C"
     ON CONFLICT (name) DO NOTHING`,
    [
      unique.map(newId),
      unique.map(({ app }) => app),
      unique.map(({ unit }) => unit),
      unique.map(({ owner }) => owner.kind),
      unique.map(({ owner }) => ('userRef' in owner ? owner.userRef : null)),
      unique.map(({ owner }) => ('campaignId' in owner ? owner.campaignId : null)),
      keys,
    ],
  );
  const rows = await tx.query<{ id: string; name: string; balance: string }>(
    'SELECT id, name, balance FROM kakao_share.accounts WHERE name = ANY($1) ORDER BY name FOR UPDATE',
    [keys],
  );
  if (rows.length !== keys.length)
    throw new LedgerError('An account vanished while it was locked.');
  return new Map(rows.map(({ id, name, balance }) => [name, { id, balance: toInteger(balance) }]));
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

/** Points that a user receives are a lot, to be spent or to expire as one. */
async function writeLots(
  tx: Transaction,
  transfers: readonly NewTransfer[],
  accounts: ReadonlyMap<string, Account>,
): Promise<void> {
  const credits = transfers.filter(({ to }) => to.owner.kind === 'user_available');
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
    credits.map(({ id, to, amount, lotExpiresAt }) => ({
      id: newId(),
      account_id: accounts.get(accountKey(to))?.id,
      transfer_id: id,
      amount,
      remaining: amount,
      expires_at: lotExpiresAt,
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
