import type { CampaignVersion } from '../campaigns/campaign.js';
import { toInteger } from '../database/amount.js';
import { isTimeout } from '../database/database-errors.js';
import type { Queryable } from '../database/database.js';
import { firstIdAt } from '../database/new-id.js';
import { accountKey, budgetOf } from '../ledger/account.js';
import type { BudgetState } from './read-situation.js';
import { SimulationTooSlowError } from './simulation-errors.js';

/** Whose clock made an id, and whose the time, may be that far apart. */
const CLOCKS_APART_MS = 60_000;

/** What the budgets that these rules name had left before the first share of a period, with what had come back to them by then. */
export async function readBudgetsAt(
  queryable: Queryable,
  campaigns: readonly CampaignVersion[],
  from: Date,
): Promise<Map<string, BudgetState>> {
  const limited = campaigns.filter(({ rules }) => rules.budget !== null);
  const balances = await readBalancesAt(
    queryable,
    limited.map((campaign) => accountKey(budgetOf(campaign))),
    from,
  );
  return new Map(
    campaigns.map((campaign) => {
      const total = campaign.rules.budget ?? Infinity;
      const left = total + (balances.get(accountKey(budgetOf(campaign))) ?? 0);
      return [campaign.campaignId, { total, left }];
    }),
  );
}

/** Back from the balance of today: entries of long ago may have been cut. What moved after `from` was also recorded after it. */
async function readBalancesAt(
  queryable: Queryable,
  accountNames: readonly string[],
  from: Date,
): Promise<Map<string, number>> {
  if (accountNames.length === 0) return new Map();
  const rows = await queryable
    .query<{ name: string; balance: string }>(
      `SELECT a.name, a.balance - coalesce(since.moved, 0) AS balance
       FROM kakao_share.accounts a
       LEFT JOIN LATERAL (
         SELECT sum(e.amount) AS moved
         FROM kakao_share.entries e JOIN kakao_share.transfers t ON t.id = e.transfer_id
         WHERE e.account_id = a.id AND e.id >= $2 AND t.occurred_at >= $3) since ON true
       WHERE a.name = ANY($1)`,
      [accountNames, firstIdAt(new Date(from.getTime() - CLOCKS_APART_MS)), from],
    )
    .catch((error: unknown) => {
      throw isTimeout(error) ? new SimulationTooSlowError() : error;
    });
  return new Map(rows.map(({ name, balance }) => [name, toInteger(balance)]));
}
