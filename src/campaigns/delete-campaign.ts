import { recordAudit } from '../audit/record-audit.js';
import type { Transaction } from '../database/database.js';
import { CampaignConflictError } from './campaign-errors.js';
import type { Change } from './change.js';
import { lockCampaign } from './lock-campaign.js';

/**
 * Throws a draft away. Its versions stay, for the audit.
 * @throws {CampaignConflictError} when it has ever been live: decisions refer to it
 */
export async function deleteCampaign(tx: Transaction, change: Change): Promise<void> {
  const { campaignId, actor, reason } = change;
  const { app, name, state, version, rules } = await lockCampaign(tx, campaignId);
  // Nothing returns to being a draft.
  if (state !== 'draft')
    throw new CampaignConflictError('only a draft can be deleted; end this campaign instead');
  await tx.query('UPDATE kakao_share.campaigns SET deleted_at = clock_timestamp() WHERE id = $1', [
    campaignId,
  ]);
  await recordAudit(tx, {
    ...{ actor, app, action: 'campaign.delete', target: campaignId, reason },
    before: { name, version, state, rules },
  });
}
