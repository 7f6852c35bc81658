import type { Transaction } from '../database/database.js';
import type { Change } from './change.js';
import { setBudget } from './budget-account.js';
import type { CampaignRules, CampaignState } from './campaign.js';
import { refusingUnknownTimeZones } from './known-time-zone.js';
import type { LockedCampaign } from './lock-campaign.js';

/**
 * Writes the next version of a campaign, in force from now by the database's clock, and always after the one before: shares that
 * came earlier are settled by what was promised then.
 * Its rules were checked before, where they are new.
 *
 * @throws {CampaignRefusedError} when its budget is below what was spent
 */
export async function addVersion(
  tx: Transaction,
  campaign: LockedCampaign,
  { state, rules }: { state: CampaignState; rules: CampaignRules },
  { actor, reason }: Omit<Change, 'campaignId'>,
): Promise<number> {
  await setBudget(tx, campaign.budget, rules.budget);
  const version = campaign.version + 1;
  await refusingUnknownTimeZones(() =>
    // To the millisecond, as JavaScript reads it.
    tx.query(
      `INSERT INTO kakao_share.campaign_versions (campaign_id, version, state, rules, effective_from, actor, reason)
       SELECT campaign_id, $2, $3, $4,
              greatest(date_trunc('milliseconds', clock_timestamp()), effective_from + interval '1 ms'), $5, $6
       FROM kakao_share.campaign_versions WHERE campaign_id = $1 AND version = $2 - 1`,
      [campaign.id, version, state, JSON.stringify(rules), actor, reason],
    ),
  );
  return version;
}
