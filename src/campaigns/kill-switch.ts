import { recordAudit } from '../audit/record-audit.js';
import type { Transaction } from '../database/database.js';
import type { Change } from './change.js';
import { lockCampaignAlone } from './lock-campaign.js';

/**
 * Stops all payments of a campaign, or allows them again. Settlement looks at it while it holds the budget's account, which is
 * held here too: once this is committed nobody pays any more.
 */
export async function turnKillSwitch(
  tx: Transaction,
  change: Change & { readonly on: boolean },
): Promise<void> {
  const { campaignId, actor, reason, on } = change;
  const { app, killedAt } = await lockCampaignAlone(tx, campaignId);
  const [after] = await tx.query<{ killed_at: Date | null }>(
    `UPDATE kakao_share.campaigns SET killed_at = CASE WHEN $2::boolean THEN coalesce(killed_at, clock_timestamp()) END
     WHERE id = $1 RETURNING killed_at`,
    [campaignId, on],
  );
  const killedAtNow = after?.killed_at ?? null;
  await recordAudit(tx, {
    ...{ actor, app, action: 'campaign.kill-switch', target: campaignId, reason },
    before: { killedAt },
    after: { killedAt: killedAtNow },
  });
}
