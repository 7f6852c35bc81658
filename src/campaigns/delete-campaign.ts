import type { Transaction } from '../database/database.js';
import { auditCampaign, type Change } from './audit-campaign.js';
import { CampaignConflictError } from './campaign-errors.js';
import { lockCampaign } from './lock-campaign.js';

/**
 * Throws a draft away. Its versions stay, for the audit.
 * @throws {CampaignConflictError} when it has ever been live: decisions refer to it
 */
export async function deleteCampaign(tx: Transaction, change: Change): Promise<void> {
  const { campaignId } = change;
  const { app, name, state, version, rules } = await lockCampaign(tx, campaignId);
  // Nothing returns to being a draft.
  if (state !== 'draft')
    throw new CampaignConflictError('only a draft can be deleted; end this campaign instead');
  await tx.query('UPDATE kakao_share.campaigns SET deleted_at = clock_timestamp() WHERE id = $1', [
    campaignId,
  ]);
  await auditCampaign(tx, 'delete', { ...change, app }, { name, version, state, rules }, null);
}
