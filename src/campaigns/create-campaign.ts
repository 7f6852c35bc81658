import type { Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { lockBudget, setBudget } from './budget-account.js';
import type { CampaignRules, CampaignState } from './campaign.js';

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

/** Creates a campaign with its first version, in force from `effectiveFrom`, and its budget. */
export async function createCampaign(tx: Transaction, campaign: NewCampaign): Promise<string> {
  const { app, name, unit, rules } = campaign;
  const id = newId();
  await tx.query(
    'INSERT INTO kakao_share.campaigns (id, app, name, unit) VALUES ($1, $2, $3, $4)',
    [id, app, name, unit],
  );
  await tx.query(
    `INSERT INTO kakao_share.campaign_versions (campaign_id, version, state, rules, effective_from, actor)
     VALUES ($1, 1, $2, $3, $4, $5)`,
    [id, campaign.state, JSON.stringify(rules), campaign.effectiveFrom, campaign.actor],
  );
  await setBudget(tx, await lockBudget(tx, { id, app, unit }), rules.budget);
  return id;
}
