import { toInteger } from '../database/amount.js';
import type { Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { accountKey } from '../ledger/account.js';
import { LedgerError } from '../ledger/compute-entries.js';
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
  { id: campaignId, app, unit }: { id: string; app: string; unit: string },
): Promise<LockedBudget> {
  await tx.query(
    `INSERT INTO kakao_share.accounts (id, app, unit, kind, campaign_id)
     VALUES ($1, $2, $3, 'campaign_budget', $4) ON CONFLICT (name) DO NOTHING`,
    [newId(), app, unit, campaignId],
  );
  const name = accountKey({ app, unit, owner: { kind: 'campaign_budget', campaignId } });
  const [account] = await tx.query<{ id: string; spent: string }>(
    'SELECT id, -balance AS spent FROM kakao_share.accounts WHERE name = $1 FOR UPDATE',
    [name],
  );
  if (account === undefined) throw new LedgerError('An account vanished while it was locked.');
  return { accountId: account.id, spent: toInteger(account.spent) };
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
