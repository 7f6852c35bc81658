import { toInteger } from '../database/amount.js';
import type { Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { accountKey, firstFloorOf, type Account, type AccountName } from './account.js';
import { LedgerError } from './ledger-errors.js';

/** Brings missing accounts into being, then locks all: both in the order of their names, so no two workers cross. */
export async function lockAccounts(
  tx: Transaction,
  names: readonly AccountName[],
): Promise<Map<string, Account>> {
  const unique = [...new Map(names.map((name) => [accountKey(name), name])).values()];
  const keys = unique.map(accountKey);
  await tx.query(
    `INSERT INTO kakao_share.accounts (id, app, unit, kind, user_ref, campaign_id, floor)
     SELECT id, app, unit, kind, user_ref, campaign_id, floor
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::bigint[], $8::text[])
       AS g (id, app, unit, kind, user_ref, campaign_id, floor, name)
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
      unique.map(({ owner }) => firstFloorOf(owner)),
      keys,
    ],
  );
  const rows = await tx.query<{ id: string; name: string; balance: string; floor: string | null }>(
    'SELECT id, name, balance, floor FROM kakao_share.accounts WHERE name = ANY($1) ORDER BY name FOR UPDATE',
    [keys],
  );
  if (rows.length !== keys.length)
    throw new LedgerError('An account vanished while it was locked.');
  return new Map(
    rows.map(({ id, name, balance, floor }) => [
      name,
      { id, balance: toInteger(balance), floor: floor === null ? null : toInteger(floor) },
    ]),
  );
}
