import { accountKey, type Account, type Entry, type NewTransfer } from './account.js';
import { BalanceLimitError, LedgerError, OverdrawnError } from './ledger-errors.js';
import { MAX_USER_BALANCE } from './limits.js';

/**
 * Turns transfers into entries, each seeing the balances that those before it left. Pure; the database checks the same.
 *
 * @param accounts every account that a transfer names, by `accountKey`, with its balance before
 * @throws {LedgerError} for an amount that is no positive integer, a transfer to itself or between units
 * @throws {BalanceLimitError} for a user who would have too much, or a balance that would not be exact any more
 * @throws {OverdrawnError} for an account below its floor, and for a user below zero by anything but a clawback
 * @returns two entries per transfer, in order: where it comes from, where it goes
 */
export function computeEntries(
  transfers: readonly NewTransfer[],
  accounts: ReadonlyMap<string, Account>,
): { entries: Entry[]; balances: Map<string, number> } {
  const balances = new Map<string, number>(
    [...accounts.values()].map(({ id, balance }) => [id, balance]),
  );
  const entries = transfers.flatMap((transfer) => {
    refuseImpossible(transfer);
    return [
      addTo(balances, accounts.get(accountKey(transfer.from)), transfer, -transfer.amount),
      addTo(balances, accounts.get(accountKey(transfer.to)), transfer, transfer.amount),
    ];
  });
  return { entries, balances };
}

function refuseImpossible({ amount, from, to }: NewTransfer): void {
  if (!Number.isSafeInteger(amount) || amount <= 0)
    throw new LedgerError('An amount must be a positive integer.');
  if (accountKey(from) === accountKey(to)) throw new LedgerError('A transfer needs two accounts.');
  if (from.app !== to.app || from.unit !== to.unit)
    throw new LedgerError('A transfer stays within an app and a unit.');
}

function addTo(
  balances: Map<string, number>,
  account: Account | undefined,
  transfer: NewTransfer,
  amount: number,
): Entry {
  if (account === undefined)
    throw new LedgerError('A transfer names an account that was not locked.');
  const balanceAfter = (balances.get(account.id) ?? 0) + amount;
  if (!Number.isSafeInteger(balanceAfter))
    throw new BalanceLimitError('A balance would leave the range of exact integers.');
  if (amount > 0 && 'userRef' in transfer.to.owner && balanceAfter > MAX_USER_BALANCE)
    throw new BalanceLimitError(
      `The user would have ${balanceAfter}, and may have ${MAX_USER_BALANCE} at most.`,
    );
  if (amount < 0 && balanceAfter < lowest(account, transfer))
    throw new OverdrawnError(
      `A ${transfer.kind} takes more than there is: what is in "${transfer.from.owner.kind}" does not suffice.`,
    );
  balances.set(account.id, balanceAfter);
  return { transferId: transfer.id, accountId: account.id, amount, balanceAfter };
}

/** Only a clawback takes a user below zero. */
function lowest({ floor }: Account, { kind, from }: NewTransfer): number {
  if (from.owner.kind === 'user_available' && kind !== 'clawback') return 0;
  return floor ?? -Number.MAX_SAFE_INTEGER;
}
