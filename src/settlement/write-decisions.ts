import type { Transaction } from '../database/database.js';
import { insertRows } from '../database/insert-rows.js';
import type { Outcome } from './outcome.js';

/** Writes what was decided; the database allows one current decision per delivery. */
export async function writeDecisions(
  tx: Transaction,
  outcomes: readonly Outcome[],
  actor: string,
): Promise<void> {
  await insertRows(
    tx,
    'kakao_share.decisions',
    {
      delivery_id: 'uuid',
      number: 'integer',
      app: 'text',
      verdict: 'text',
      reasons: 'json',
      user_ref: 'uuid',
      campaign_id: 'uuid',
      campaign_version: 'integer',
      verified: 'boolean',
      transfer_id: 'uuid',
      amount: 'bigint',
      unit: 'text',
      actor: 'text',
    },
    outcomes.map((outcome) => ({
      delivery_id: outcome.deliveryId,
      number: outcome.decisionNumber,
      app: outcome.app,
      verdict: outcome.verdict,
      reasons: JSON.stringify(outcome.reasons),
      user_ref: outcome.userRef,
      campaign_id: outcome.campaign?.campaignId,
      campaign_version: outcome.campaign?.version,
      verified: outcome.verified,
      transfer_id: outcome.transferId,
      // What was not paid is no amount, and stands in the reasons.
      amount: outcome.transferId === undefined ? undefined : outcome.earned?.amount,
      unit: outcome.transferId === undefined ? undefined : outcome.earned?.unit,
      actor,
    })),
  );
}
