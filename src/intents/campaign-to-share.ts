import type { CampaignRules, CampaignState } from '../campaigns/campaign.js';
import { isOpen } from '../campaigns/choose-campaign.js';
import type { Transaction } from '../database/database.js';

/** A campaign as it stands now, and by the database's clock what now is. */
export interface CampaignToShare {
  readonly now: Date;
  readonly killed: boolean;
  readonly state: CampaignState;
  readonly rules: Pick<CampaignRules, 'startsAt' | 'endsAt' | 'intent'>;
}

/** Reads a campaign of an app in the version that is in force; undefined where there is none. */
export async function readCampaignToShare(
  tx: Transaction,
  app: string,
  campaignId: string,
): Promise<CampaignToShare | undefined> {
  const [row] = await tx.query<CampaignToShare>(
    // Not `current_campaigns`: what is promised now is promised by the version in force, not by one to come.
    `SELECT t.now, c.killed_at IS NOT NULL AS killed, v.state, v.rules
     FROM (SELECT clock_timestamp() AS now) t
     JOIN kakao_share.campaigns c ON c.id = $1 AND c.app = $2 AND c.deleted_at IS NULL
     JOIN LATERAL (
       SELECT state, rules FROM kakao_share.campaign_versions
       WHERE campaign_id = c.id AND effective_from <= t.now ORDER BY version DESC LIMIT 1) v ON true`,
    [campaignId, app],
  );
  return row;
}

/** Why a campaign promises nothing now; undefined when it does. One that is a test, or only observes, promises like any other. */
export function whyClosed(campaign: CampaignToShare): string | undefined {
  const { now, killed, state, rules } = campaign;
  if (killed) return 'The campaign was stopped by its kill switch.';
  if (state !== 'live') return `The campaign is not live: its state is ${state}.`;
  if (isOpen(now, campaign)) return undefined;
  return now < new Date(rules.startsAt) ? 'The campaign has not begun.' : 'The campaign is over.';
}
