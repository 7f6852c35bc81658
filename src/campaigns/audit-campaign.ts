import type { Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';

/** Who changes a campaign, and why. */
export interface Change {
  readonly campaignId: string;
  readonly actor: string;
  readonly reason: string;
}

/** Remembers what somebody changed, in the transaction of the change. */
export async function auditCampaign(
  tx: Transaction,
  action: 'create' | 'save' | 'state' | 'kill-switch' | 'delete',
  { campaignId, app, actor, reason }: Omit<Change, 'reason'> & { app: string; reason?: string },
  before: object | null,
  after: object | null,
): Promise<void> {
  await tx.query(
    `INSERT INTO kakao_share.audit (id, actor, app, action, target, before, after, reason)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      newId(),
      actor,
      app,
      `campaign.${action}`,
      campaignId,
      before === null ? null : JSON.stringify(before),
      after === null ? null : JSON.stringify(after),
      reason ?? null,
    ],
  );
}
