import { recordAudit } from '../audit/record-audit.js';
import type { Transaction } from '../database/database.js';
import { addVersion } from './add-version.js';
import { CampaignConflictError } from './campaign-errors.js';
import type { CampaignRules } from './campaign.js';
import type { Change } from './change.js';
import { checkRules } from './check-rules.js';
import { lockCampaign } from './lock-campaign.js';

/** Rules that somebody wrote looking at a certain version. */
export interface RulesChange extends Change {
  readonly name: string | undefined;
  readonly rules: CampaignRules;
  readonly seenVersion: number;
}

/**
 * Replaces a campaign's rules from now on.
 * @throws {CampaignConflictError} when it ended, or somebody else changed it meanwhile
 * @throws {CampaignRefusedError} naming the field that is wrong
 */
export async function saveRules(tx: Transaction, change: RulesChange): Promise<void> {
  const { campaignId, actor, reason, rules, seenVersion } = change;
  const before = await lockCampaign(tx, campaignId);
  const { app, state } = before;
  if (before.version !== seenVersion)
    throw new CampaignConflictError(
      `version: the campaign is at version ${before.version} by now; look at it and save again`,
    );
  if (state === 'ended')
    throw new CampaignConflictError('an ended campaign does not change; create another one');
  await checkRules(tx, before, state, rules);
  const name = change.name ?? before.name;
  const version = await addVersion(tx, before, { state, rules }, change);
  await tx.query('UPDATE kakao_share.campaigns SET name = $2 WHERE id = $1', [campaignId, name]);
  await recordAudit(tx, {
    ...{ actor, app, action: 'campaign.save', target: campaignId, reason },
    before: { name: before.name, version: before.version, rules: before.rules },
    after: { name, version, rules },
  });
}
