import { toInteger } from '../database/amount.js';
import type { Queryable } from '../database/database.js';

/** What a user has, in one unit. */
export interface Balances {
  readonly available: number;
  readonly pending: number;
}

/** A cashier can invent units, one a request; whoever has more asks for the balances of one. */
const MAX_UNITS = 50;

/** What the user has now, by unit: the first of the alphabet, at most 50. */
export async function readBalancesByUnit(
  queryable: Queryable,
  userRef: string,
): Promise<Record<string, Balances>> {
  const rows = await queryable.query<{ unit: string; available: string; pending: string }>(
    `SELECT unit, coalesce(sum(balance) FILTER (WHERE kind = 'user_available'), 0) AS available,
            coalesce(sum(balance) FILTER (WHERE kind = 'user_pending'), 0) AS pending
     FROM kakao_share.accounts WHERE user_ref = $1 GROUP BY unit ORDER BY unit COLLATE "C" LIMIT ${MAX_UNITS}`,
    [userRef],
  );
  return Object.fromEntries(
    rows.map(({ unit, available, pending }) => [
      unit,
      { available: toInteger(available), pending: toInteger(pending) },
    ]),
  );
}

/** What the user has now. */
export async function readBalances(
  queryable: Queryable,
  userRef: string,
  unit: string,
): Promise<Balances> {
  const rows = await queryable.query<{ kind: string; balance: string }>(
    'SELECT kind, balance FROM kakao_share.accounts WHERE user_ref = $1 AND unit = $2',
    [userRef, unit],
  );
  return toBalances(rows);
}

/** What the user had: the sum of what was recorded by then. */
export async function readBalancesAt(
  queryable: Queryable,
  userRef: string,
  unit: string,
  at: Date,
): Promise<Balances> {
  const rows = await queryable.query<{ kind: string; balance: string }>(
    `SELECT a.kind, sum(e.amount) AS balance FROM kakao_share.accounts a
     JOIN kakao_share.entries e ON e.account_id = a.id
     JOIN kakao_share.transfers t ON t.id = e.transfer_id
     WHERE a.user_ref = $1 AND a.unit = $2 AND t.recorded_at <= $3 GROUP BY a.kind`,
    [userRef, unit, at],
  );
  return toBalances(rows);
}

function toBalances(rows: readonly { kind: string; balance: string }[]): Balances {
  const balanceOf = (kind: string): number =>
    toInteger(rows.find((row) => row.kind === kind)?.balance ?? '0');
  return { available: balanceOf('user_available'), pending: balanceOf('user_pending') };
}
