import type { Transaction } from '../database/database.js';
import { lockBudget, type LockedBudget } from './budget-account.js';
import { UnknownCampaignError } from './campaign-errors.js';
import type { CampaignRules, CampaignState } from './campaign.js';
import { lockCampaignsOf } from './refuse-ties.js';

/** A campaign as it stands, held so that nobody else changes it. */
export interface LockedCampaign {
  readonly id: string;
  readonly app: string;
  readonly name: string;
  readonly unit: string;
  readonly killedAt: Date | null;
  readonly version: number;
  readonly state: CampaignState;
  readonly rules: CampaignRules;
  readonly budget: LockedBudget;
}

interface CampaignRow {
  app: string;
  name: string;
  unit: string;
  killed_at: Date | null;
  version: number;
  state: CampaignState;
  rules: CampaignRules;
}

/**
 * Holds a campaign whose rules or state shall change: the app's lock, then the budget's account, then the campaign.
 * @throws {UnknownCampaignError}
 */
export async function lockCampaign(tx: Transaction, id: string): Promise<LockedCampaign> {
  const account = await findAccount(tx, id);
  await lockCampaignsOf(tx, account.app);
  return hold(tx, id, account);
}

/**
 * Holds a campaign against settlement and changes of its own, without waiting for other campaigns of the app.
 * @throws {UnknownCampaignError}
 */
export async function lockCampaignAlone(tx: Transaction, id: string): Promise<LockedCampaign> {
  return hold(tx, id, await findAccount(tx, id));
}

/** What the locks are named after; it never changes, so it can be read before them. */
async function findAccount(tx: Transaction, id: string): Promise<{ app: string; unit: string }> {
  const [account] = await tx.query<{ app: string; unit: string }>(
    'SELECT app, unit FROM kakao_share.campaigns WHERE id = $1 AND deleted_at IS NULL',
    [id],
  );
  if (account === undefined) throw new UnknownCampaignError();
  return account;
}

/** The account first, as settlement does, which may refer to the campaign's row meanwhile. */
async function hold(
  tx: Transaction,
  id: string,
  account: { app: string; unit: string },
): Promise<LockedCampaign> {
  const budget = await lockBudget(tx, { id, ...account });
  await tx.query('SELECT FROM kakao_share.campaigns WHERE id = $1 FOR NO KEY UPDATE', [id]);
  const [row] = await tx.query<CampaignRow>(
    'SELECT app, name, unit, killed_at, version, state, rules FROM kakao_share.current_campaigns WHERE id = $1',
    [id],
  );
  if (row === undefined) throw new UnknownCampaignError();
  const { killed_at: killedAt, ...campaign } = row;
  return { id, ...campaign, killedAt, budget };
}
