import type { Transaction } from '../database/database.js';
import { accountKey, budgetOf } from '../ledger/account.js';
import { LedgerError } from '../ledger/ledger-errors.js';
import { lockAccounts } from '../ledger/lock-accounts.js';
import { CampaignRefusedError } from './campaign-errors.js';

/** A campaign's budget account, locked: nobody pays from it meanwhile. */
export interface LockedBudget {
  readonly accountId: string;
  /** What was paid and not taken back. */
  readonly spent: number;
}

/** Locks the account that pays a campaign's rewards, bringing it into being where nothing was paid yet. */
export async function lockBudget(
  tx: Transaction,
  { id: campaignId, ...owner }: { id: string; app: string; unit: string },
): Promise<LockedBudget> {
  const name = budgetOf({ campaignId, ...owner });
  const account = (await lockAccounts(tx, [name])).get(accountKey(name));
  if (account === undefined) throw new LedgerError('A budget has no account after it was locked.');
  return { accountId: account.id, spent: 0 - account.balance };
}

/**
 * The account starts at nothing and may fall by the budget: its floor is the hard stop.
 * @throws {CampaignRefusedError} when more than that was spent already
 */
export async function setBudget(
  tx: Transaction,
  { accountId, spent }: LockedBudget,
  budget: number | null,
): Promise<void> {
  if (budget !== null && budget < spent)
    throw new CampaignRefusedError([
      `rules.budget: must not be below ${spent}, which was spent already`,
    ]);
  await tx.query('UPDATE kakao_share.accounts SET floor = $2 WHERE id = $1', [
    accountId,
    budget === null ? null : -budget,
  ]);
}
