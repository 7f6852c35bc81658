import { recordAudit } from '../audit/record-audit.js';
import type { Transaction } from '../database/database.js';
import { addVersion } from './add-version.js';
import { CampaignConflictError } from './campaign-errors.js';
import type { CampaignState } from './campaign.js';
import type { Change } from './change.js';
import { checkRules } from './check-rules.js';
import { lockCampaign } from './lock-campaign.js';

/** What may follow on what; what ended stays so. */
const MOVES: Readonly<Record<CampaignState, readonly CampaignState[]>> = {
  draft: ['live'],
  live: ['paused', 'ended'],
  paused: ['live', 'ended'],
  ended: [],
};

/**
 * Moves a campaign on, from now: shares that came earlier are settled by the state of then.
 * @throws {CampaignConflictError} when it cannot go there from where it is
 * @throws {CampaignRefusedError} when its rules are not fit to be live
 */
export async function changeState(
  tx: Transaction,
  change: Change & { readonly state: CampaignState },
): Promise<void> {
  const { campaignId, actor, reason, state } = change;
  const before = await lockCampaign(tx, campaignId);
  const { app, rules } = before;
  if (!MOVES[before.state].includes(state)) {
    const possible = MOVES[before.state].join(' or ') || 'nothing else';
    throw new CampaignConflictError(
      `state: a campaign that is ${before.state} can become ${possible}`,
    );
  }
  // Stopping is never refused, whatever the rules.
  if (state === 'live') await checkRules(tx, before, state, rules);
  const version = await addVersion(tx, before, { state, rules }, change);
  await recordAudit(tx, {
    ...{ actor, app, action: 'campaign.state', target: campaignId, reason },
    before: { state: before.state, version: before.version },
    after: { state, version },
  });
}
