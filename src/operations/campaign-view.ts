import { NotFoundException } from '@nestjs/common';
import { toInteger } from '../database/amount.js';
import type { CampaignRules, CampaignState } from '../campaigns/campaign.js';
import type { Queryable } from '../database/database.js';
import type { Caller } from './caller.js';

/** A campaign as it stands. */
export interface CampaignView {
  readonly id: string;
  readonly app: string;
  readonly name: string;
  readonly unit: string;
  readonly state: CampaignState;
  readonly version: number;
  readonly effectiveFrom: string;
  /** When the kill switch was turned on; null: it is off. */
  readonly killedAt: string | null;
  /** In the campaign's unit; null: no limit. */
  readonly budget: {
    readonly amount: number | null;
    readonly spent: number;
    readonly remaining: number | null;
  };
  readonly rules: CampaignRules;
  readonly createdAt: string;
}

export interface CampaignRow {
  id: string;
  app: string;
  name: string;
  unit: string;
  created_at: Date;
  killed_at: Date | null;
  state: CampaignState;
  version: number;
  effective_from: Date;
  rules: CampaignRules;
  balance: string | null;
  floor: string | null;
}

/** Each campaign with its newest version and what its budget's account says. */
export const SELECT_CAMPAIGN = `
  SELECT c.id, c.app, c.name, c.unit, c.created_at, c.killed_at, c.state, c.version, c.effective_from, c.rules, a.balance, a.floor
  FROM kakao_share.current_campaigns c LEFT JOIN kakao_share.accounts a ON a.name = c.budget_account`;

export function showCampaign(row: CampaignRow): CampaignView {
  const balance = toInteger(row.balance ?? '0');
  const floor = row.floor === null ? null : toInteger(row.floor);
  return {
    id: row.id,
    app: row.app,
    name: row.name,
    unit: row.unit,
    state: row.state,
    version: row.version,
    effectiveFrom: row.effective_from.toISOString(),
    killedAt: row.killed_at?.toISOString() ?? null,
    budget: {
      // Subtracted, so that nothing is 0 and not -0.
      amount: floor === null ? null : 0 - floor,
      spent: 0 - balance,
      remaining: floor === null ? null : balance - floor,
    },
    rules: row.rules,
    createdAt: row.created_at.toISOString(),
  };
}

/** A campaign that the caller may see; of the others it learns nothing. */
export async function findCampaign(
  queryable: Queryable,
  id: string,
  { apps }: Caller,
): Promise<CampaignView> {
  const [row] = await queryable.query<CampaignRow>(`${SELECT_CAMPAIGN} WHERE c.id = $1`, [id]);
  if (row === undefined || apps?.includes(row.app) === false)
    throw new NotFoundException('no such campaign');
  return showCampaign(row);
}

/** One version of a campaign, and who made it. */
export interface CampaignVersionView {
  readonly version: number;
  readonly state: CampaignState;
  readonly effectiveFrom: string;
  readonly actor: string;
  readonly reason: string | null;
  readonly rules: CampaignRules;
}

export interface CampaignVersionRow {
  version: number;
  state: CampaignState;
  effective_from: Date;
  actor: string;
  reason: string | null;
  rules: CampaignRules;
}

export function showVersion({ effective_from, ...row }: CampaignVersionRow): CampaignVersionView {
  return { ...row, effectiveFrom: effective_from.toISOString() };
}
