import type { Queryable, Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';
import type { CampaignRules, CampaignState, CampaignVersion } from './campaign.js';

/** An app runs a few campaigns at a time; versions are rare. */
const MAX_VERSIONS_PER_READ = 5_000;

interface VersionRow {
  campaign_id: string;
  app: string;
  unit: string;
  version: number;
  effective_from: Date;
  state: CampaignState;
  rules: CampaignRules;
}

/** Every version of every campaign of these apps. */
export async function readCampaignVersions(
  queryable: Queryable,
  apps: readonly string[],
): Promise<CampaignVersion[]> {
  const rows = await queryable.query<VersionRow>(
    `SELECT v.campaign_id, c.app, c.unit, v.version, v.effective_from, v.state, v.rules
     FROM kakao_share.campaigns c JOIN kakao_share.campaign_versions v ON v.campaign_id = c.id
     WHERE c.app = ANY($1) ORDER BY v.campaign_id, v.version LIMIT ${MAX_VERSIONS_PER_READ}`,
    [apps],
  );
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

/** A campaign to be. */
export interface NewCampaign {
  readonly app: string;
  readonly name: string;
  readonly unit: string;
  readonly state: CampaignState;
  readonly rules: CampaignRules;
  readonly effectiveFrom: Date;
  /** Who creates it. */
  readonly actor: string;
}

/** Creates a campaign with its first version, in force from `effectiveFrom`. */
export async function createCampaign(tx: Transaction, campaign: NewCampaign): Promise<string> {
  const id = newId();
  await tx.query(
    'INSERT INTO kakao_share.campaigns (id, app, name, unit) VALUES ($1, $2, $3, $4)',
    [id, campaign.app, campaign.name, campaign.unit],
  );
  await tx.query(
    `INSERT INTO kakao_share.campaign_versions (campaign_id, version, state, rules, effective_from, actor)
     VALUES ($1, 1, $2, $3, $4, $5)`,
    [id, campaign.state, JSON.stringify(campaign.rules), campaign.effectiveFrom, campaign.actor],
  );
  return id;
}
