import type { CampaignVersion } from '../campaigns/campaign.js';
import { readKilledCampaigns } from '../campaigns/campaign-store.js';
import { historyScope, readPastRewards } from '../campaigns/past-rewards.js';
import { RewardHistory, type PastReward } from '../campaigns/reward-history.js';
import type { Earned, Situation } from '../campaigns/reward-policy.js';
import type { ShareFacts } from '../campaigns/share-facts.js';
import type { Transaction } from '../database/database.js';
import { accountKey, budgetOf, type Account } from '../ledger/account.js';
import { lockAccounts } from '../ledger/lock-accounts.js';

/** A share, and the campaign that decides about it. */
export interface Assigned {
  readonly facts: ShareFacts;
  readonly campaign: CampaignVersion | undefined;
}

/** What a campaign may pay in all, and what of it is left; infinite without a budget. */
export interface BudgetState {
  readonly total: number;
  readonly left: number;
}

/** A situation that decisions bring forward: each share of a batch sees what those before it earned. */
export class BatchSituation implements Situation {
  readonly #budgets: Map<string, BudgetState>;

  constructor(
    readonly history: RewardHistory,
    budgets: ReadonlyMap<string, BudgetState>,
    private readonly killed: ReadonlySet<string>,
  ) {
    this.#budgets = new Map(budgets);
  }

  budget(campaignId: string): BudgetState {
    return this.#budgets.get(campaignId) ?? { total: 0, left: 0 };
  }

  budgetLeft(campaignId: string): number {
    return this.budget(campaignId).left;
  }

  isKilled(campaignId: string): boolean {
    return this.killed.has(campaignId);
  }

  apply(earned: Earned): void {
    this.history.add(earned);
    if (!earned.paid) return;
    const { total, left } = this.budget(earned.campaignId);
    this.#budgets.set(earned.campaignId, { total, left: left - earned.amount });
  }
}

/**
 * Reads what the decisions about these shares need. Locks the budgets first: from then on nobody else spends them, and a
 * kill switch that was pulled before is seen.
 */
export async function readSituation(
  tx: Transaction,
  shares: readonly Assigned[],
): Promise<BatchSituation> {
  const decidable = shares.flatMap(toDecidable);
  const campaigns = campaignsOf(decidable);
  const budgets = await lockBudgets(tx, campaigns);
  const killed = await readKilledCampaigns(
    tx,
    campaigns.map(({ campaignId }) => campaignId),
  );
  const past = await readPast(tx, decidable);
  return new BatchSituation(new RewardHistory(past), budgets, killed);
}

/** A share of a user whom a campaign may reward: nothing is to be known for others. */
export interface Decidable {
  readonly facts: ShareFacts;
  readonly campaign: CampaignVersion;
  readonly userRef: string;
}

export function toDecidable({ facts, campaign }: Assigned): Decidable[] {
  const { userRef } = facts;
  return userRef === undefined || campaign === undefined ? [] : [{ facts, campaign, userRef }];
}

export function campaignsOf(decidable: readonly Decidable[]): CampaignVersion[] {
  return [...new Map(decidable.map(({ campaign }) => [campaign.campaignId, campaign])).values()];
}

/** What was earned before, as far as it can matter to these shares. */
export async function readPast(
  tx: Transaction,
  decidable: readonly Decidable[],
): Promise<PastReward[]> {
  return readPastRewards(
    tx,
    decidable.map(({ facts, userRef, campaign }) => historyScope(facts, userRef, campaign)),
    decidable.flatMap(({ facts: { intent } }) => (intent.status === 'valid' ? [intent.id] : [])),
  );
}

/** A budget's account starts at nothing and may fall to its floor. */
async function lockBudgets(
  tx: Transaction,
  campaigns: readonly CampaignVersion[],
): Promise<Map<string, BudgetState>> {
  if (campaigns.length === 0) return new Map();
  const accounts = await lockAccounts(tx, campaigns.map(budgetOf));
  return new Map(
    campaigns.map((campaign) => [
      campaign.campaignId,
      budgetState(accounts.get(accountKey(budgetOf(campaign)))),
    ]),
  );
}

function budgetState(account: Account | undefined): BudgetState {
  if (account === undefined) return { total: 0, left: 0 };
  const { balance, floor } = account;
  if (floor === null) return { total: Infinity, left: Infinity };
  return { total: -floor, left: balance - floor };
}
