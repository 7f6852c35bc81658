import { accountKey, type Account, type NewTransfer } from './account.js';
import { LedgerError } from './ledger-errors.js';
import {
  firstExpiringFirst,
  type KnownLots,
  type Lot,
  type LotChanges,
  type LotUse,
} from './lot.js';

/**
 * Follows transfers through the lots of users' available points, one after the other. A credit makes a lot, of which a debt
 * (a balance below zero) takes its part at once; a debit takes from the lots that expire first; a reversal gives the same
 * lots back what its redemption took, but for what a debt takes. So what remains of a user's lots is the balance, or nothing
 * while that is below zero. Pure.
 *
 * @param accounts every account that a transfer names, by `accountKey`, with its balance before
 * @param known of accounts that are debited: enough lots to cover it; of reversed redemptions: the lots they took from
 */
export function computeLots(
  transfers: readonly NewTransfer[],
  accounts: ReadonlyMap<string, Account>,
  known: KnownLots,
  newId: () => string,
): LotChanges {
  const book = new LotBook(accounts, known, newId);
  for (const transfer of transfers) {
    if (transfer.from.owner.kind === 'user_available') book.debit(transfer);
    if (transfer.to.owner.kind !== 'user_available') continue;
    if (transfer.kind === 'redemption-reversal') book.restore(transfer);
    else book.credit(transfer);
  }
  return book.changes();
}

class LotBook {
  readonly #lots: Map<string, Lot>;
  readonly #created = new Set<string>();
  readonly #changed = new Set<string>();
  readonly #balances = new Map<string, number>();
  readonly #uses: LotUse[] = [];

  constructor(
    private readonly accounts: ReadonlyMap<string, Account>,
    private readonly known: KnownLots,
    private readonly newId: () => string,
  ) {
    this.#lots = new Map(known.lots.map((lot) => [lot.id, lot]));
  }

  debit({ id, from, amount }: NewTransfer): void {
    const { accountId, before } = this.#move(accountKey(from), -amount);
    // What is taken beyond zero is taken from no lot: it is a debt.
    let wanted = Math.min(amount, Math.max(before, 0));
    for (const lot of wanted > 0 ? this.#spendable(accountId) : []) {
      const taken = Math.min(wanted, lot.remaining);
      this.#use(lot, id, taken);
      wanted -= taken;
      if (wanted === 0) break;
    }
    if (wanted > 0) throw new LedgerError('The lots of a user hold less than the balance says.');
  }

  credit({ id, to, amount, lotExpiresAt }: NewTransfer): void {
    const { accountId, before } = this.#move(accountKey(to), amount);
    const lot: Lot = {
      id: this.newId(),
      accountId,
      transferId: id,
      amount,
      remaining: amount,
      expiresAt: lotExpiresAt,
    };
    this.#lots.set(lot.id, lot);
    this.#created.add(lot.id);
    const owed = Math.min(amount, Math.max(-before, 0));
    if (owed > 0) this.#use(lot, id, owed);
  }

  restore({ id, to, amount, originId }: NewTransfer): void {
    const { before } = this.#move(accountKey(to), amount);
    let owed = Math.min(amount, Math.max(-before, 0));
    const taken = this.known.usesOfReversed
      .filter(({ transferId }) => transferId === originId)
      .map(({ lotId, amount: used }) => ({ lot: this.#lotOf(lotId), used }))
      .sort((a, b) => firstExpiringFirst(a.lot, b.lot));
    if (taken.reduce((sum, { used }) => sum + used, 0) !== amount)
      throw new LedgerError('A reversal gives back exactly what its redemption took from lots.');
    for (const { lot, used } of taken) {
      // A debt takes what would expire first, as any debit does.
      const netted = Math.min(owed, used);
      owed -= netted;
      if (used > netted) this.#use(lot, id, netted - used);
    }
  }

  changes(): LotChanges {
    return {
      created: [...this.#created].map((id) => this.#lotOf(id)),
      changed: [...this.#changed].map((id) => this.#lotOf(id)),
      uses: this.#uses,
    };
  }

  #move(key: string, amount: number): { accountId: string; before: number } {
    const account = this.accounts.get(key);
    if (account === undefined)
      throw new LedgerError('A transfer names an account that was not locked.');
    const before = this.#balances.get(account.id) ?? account.balance;
    this.#balances.set(account.id, before + amount);
    return { accountId: account.id, before };
  }

  #spendable(accountId: string): Lot[] {
    return [...this.#lots.values()]
      .filter((lot) => lot.accountId === accountId && lot.remaining > 0)
      .sort(firstExpiringFirst);
  }

  #use(lot: Lot, transferId: string, amount: number): void {
    this.#lots.set(lot.id, { ...lot, remaining: lot.remaining - amount });
    if (!this.#created.has(lot.id)) this.#changed.add(lot.id);
    this.#uses.push({ lotId: lot.id, transferId, amount });
  }

  #lotOf(id: string): Lot {
    const lot = this.#lots.get(id);
    if (lot === undefined) throw new LedgerError('A lot is used that was not locked.');
    return lot;
  }
}
