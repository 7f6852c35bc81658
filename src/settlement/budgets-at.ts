import type { CampaignVersion } from '../campaigns/campaign.js';
import { toInteger } from '../database/amount.js';
import type { Queryable } from '../database/database.js';
import type { BudgetState } from './read-situation.js';

/** What the budgets that these rules name had left before the first share of a period. */
export async function readBudgetsAt(
  queryable: Queryable,
  campaigns: readonly CampaignVersion[],
  from: Date,
): Promise<Map<string, BudgetState>> {
  // Adding up reads all rewards of a campaign, and without a budget it does not matter.
  const limited = campaigns.filter(({ rules }) => rules.budget !== null);
  const rows =
    limited.length === 0
      ? []
      : await queryable.query<{ campaign_id: string; spent: string }>(
          `SELECT campaign_id, sum(amount)::text AS spent FROM kakao_share.campaign_rewards
           WHERE campaign_id = ANY($1) AND paid AND received_at < $2 GROUP BY campaign_id`,
          [limited.map(({ campaignId }) => campaignId), from],
        );
  const spent = new Map(rows.map((row) => [row.campaign_id, toInteger(row.spent)]));
  return new Map(
    campaigns.map(({ campaignId, rules }) => {
      const total = rules.budget ?? Infinity;
      return [campaignId, { total, left: total - (spent.get(campaignId) ?? 0) }];
    }),
  );
}
