import type { Transaction } from '../database/database.js';
import { CampaignRefusedError } from './campaign-errors.js';
import type { CampaignRules, CampaignState } from './campaign.js';
import { limitRunning } from './limit-running.js';
import { refuseTies } from './refuse-ties.js';
import { findRuleFaults } from './rule-faults.js';

/**
 * Checks rules, each of whose fields is right by itself, for a campaign in this state. Call it under the app's lock.
 * @throws {CampaignRefusedError} naming the field that is wrong, or the campaign it ties with
 * @throws {TooManyCampaignsError}
 */
export async function checkRules(
  tx: Transaction,
  campaign: { readonly id: string | undefined; readonly app: string },
  state: CampaignState,
  rules: CampaignRules,
): Promise<void> {
  const faults = findRuleFaults(rules, state);
  if (faults.length > 0) throw new CampaignRefusedError(faults);
  // A paused campaign may go on at any time.
  if (state !== 'live' && state !== 'paused') return;
  await limitRunning(tx, campaign);
  await refuseTies(tx, campaign, rules);
}
