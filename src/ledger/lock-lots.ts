import { toInteger } from '../database/amount.js';
import type { Transaction } from '../database/database.js';
import { accountKey, type Account, type NewTransfer } from './account.js';
import type { KnownLots, Lot, LotUse } from './lot.js';

interface LotRow {
  id: string;
  account_id: string;
  transfer_id: string;
  amount: string;
  remaining: string;
  expires_at: Date | null;
}

const COLUMNS = 'l.id, l.account_id, l.transfer_id, l.amount, l.remaining, l.expires_at';

/**
 * Reads and locks the lots that transfers take from or give back to. Credits alone, as in a settlement of hundreds of rewards,
 * need none and cost nothing here. The caller holds the accounts, so nobody changes their lots meanwhile.
 */
export async function lockLots(
  tx: Transaction,
  transfers: readonly NewTransfer[],
  accounts: ReadonlyMap<string, Account>,
): Promise<KnownLots> {
  const debited = await lockLotsToDebit(tx, debitsOf(transfers, accounts));
  const usesOfReversed = await readUsesOf(
    tx,
    transfers.flatMap(({ kind, originId }) =>
      kind === 'redemption-reversal' && originId !== undefined ? [originId] : [],
    ),
  );
  const restored = await lockLotsById(tx, [...new Set(usesOfReversed.map(({ lotId }) => lotId))]);
  return { lots: [...debited, ...restored], usesOfReversed };
}

/** How much is taken from each user's account in all. */
function debitsOf(
  transfers: readonly NewTransfer[],
  accounts: ReadonlyMap<string, Account>,
): Map<string, number> {
  const debits = new Map<string, number>();
  for (const { from, amount } of transfers) {
    const account = accounts.get(accountKey(from));
    if (from.owner.kind !== 'user_available' || account === undefined) continue;
    debits.set(account.id, (debits.get(account.id) ?? 0) + amount);
  }
  return debits;
}

/** Only as many lots as the debit takes: a user may have thousands. */
async function lockLotsToDebit(
  tx: Transaction,
  debits: ReadonlyMap<string, number>,
): Promise<Lot[]> {
  if (debits.size === 0) return [];
  const rows = await tx.query<LotRow>(
    `SELECT ${COLUMNS} FROM kakao_share.lots l
     JOIN (
       SELECT id, wanted, sum(remaining) OVER (PARTITION BY account_id ORDER BY expires_at, id) - remaining AS before
       FROM kakao_share.lots JOIN unnest($1::uuid[], $2::bigint[]) AS d (account_id, wanted) USING (account_id)
       WHERE remaining > 0
     ) c ON c.id = l.id AND c.before < c.wanted
     ORDER BY l.id FOR UPDATE OF l`,
    [[...debits.keys()], [...debits.values()]],
  );
  return rows.map(toLot);
}

async function readUsesOf(tx: Transaction, transferIds: readonly string[]): Promise<LotUse[]> {
  if (transferIds.length === 0) return [];
  const rows = await tx.query<{ lot_id: string; transfer_id: string; amount: string }>(
    'SELECT lot_id, transfer_id, amount FROM kakao_share.lot_uses WHERE transfer_id = ANY($1)',
    [transferIds],
  );
  return rows.map(({ lot_id, transfer_id, amount }) => ({
    lotId: lot_id,
    transferId: transfer_id,
    amount: toInteger(amount),
  }));
}

async function lockLotsById(tx: Transaction, lotIds: readonly string[]): Promise<Lot[]> {
  if (lotIds.length === 0) return [];
  const rows = await tx.query<LotRow>(
    `SELECT ${COLUMNS} FROM kakao_share.lots l WHERE l.id = ANY($1) ORDER BY l.id FOR UPDATE`,
    [lotIds],
  );
  return rows.map(toLot);
}

function toLot(row: LotRow): Lot {
  return {
    id: row.id,
    accountId: row.account_id,
    transferId: row.transfer_id,
    amount: toInteger(row.amount),
    remaining: toInteger(row.remaining),
    expiresAt: row.expires_at ?? undefined,
  };
}
