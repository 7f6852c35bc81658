import type { Queryable } from '../database/database.js';
import type { CampaignRules, CampaignState, CampaignVersion } from './campaign.js';

/** Far more campaigns than any app has. Beyond it nothing is decided rather than something by chance. */
const MAX_VERSIONS = 5_000;

/** More campaigns than a decision can look at. */
export class TooManyCampaignsError extends Error {
  readonly code = 'KAKAO_SHARE_TOO_MANY_CAMPAIGNS';
  override readonly name = 'TooManyCampaignsError';
}

interface VersionRow {
  campaign_id: string;
  app: string;
  unit: string;
  version: number;
  effective_from: Date;
  state: CampaignState;
  rules: CampaignRules;
}

/** The versions of all campaigns of these apps that were in force at some moment from `earliest` to `latest`, drafts aside: they decide nothing. */
export async function readCampaignVersions(
  queryable: Queryable,
  apps: readonly string[],
  earliest: Date,
  latest: Date,
): Promise<CampaignVersion[]> {
  const rows = await queryable.query<VersionRow>(
    `SELECT v.campaign_id, c.app, c.unit, v.version, v.effective_from, v.state, v.rules
     FROM kakao_share.campaigns c JOIN kakao_share.campaign_versions v ON v.campaign_id = c.id
     WHERE c.app = ANY($1) AND v.state <> 'draft' AND v.effective_from <= $3
       AND NOT EXISTS (SELECT FROM kakao_share.campaign_versions later
                       WHERE later.campaign_id = v.campaign_id AND later.version > v.version AND later.effective_from <= $2)
     ORDER BY v.campaign_id, v.version LIMIT ${MAX_VERSIONS + 1}`,
    [apps, earliest, latest],
  );
  if (rows.length > MAX_VERSIONS) {
    throw new TooManyCampaignsError(
      `The apps have more than ${MAX_VERSIONS} campaigns: nothing is decided until there are fewer.`,
    );
  }
  return rows.map((row) => ({
    campaignId: row.campaign_id,
    app: row.app,
    unit: row.unit,
    version: row.version,
    effectiveFrom: row.effective_from,
    state: row.state,
    rules: row.rules,
  }));
}

/** Which of these campaigns are stopped by their kill switch, right now. */
export async function readKilledCampaigns(
  queryable: Queryable,
  campaignIds: readonly string[],
): Promise<Set<string>> {
  const rows = await queryable.query<{ id: string }>(
    'SELECT id FROM kakao_share.campaigns WHERE id = ANY($1) AND killed_at IS NOT NULL',
    [campaignIds],
  );
  return new Set(rows.map(({ id }) => id));
}
