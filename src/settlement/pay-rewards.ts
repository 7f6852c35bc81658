import type { Transaction } from '../database/database.js';
import { insertRows } from '../database/insert-rows.js';
import type { NewTransfer } from '../ledger/account.js';
import { postTransfers } from '../ledger/post-transfers.js';
import { SETTLEMENT_ACTOR, type Outcome } from './outcome.js';

/** Which of these reward keys have been paid. */
export async function readPaidKeys(tx: Transaction, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  // Keys hold the campaign's id, so they are unique across apps already.
  const rows = await tx.query<{ key: string }>(
    'SELECT key FROM kakao_share.reward_keys WHERE key = ANY($1)',
    [keys],
  );
  return new Set(rows.map(({ key }) => key));
}

/** Pays what was decided: budget to user, one transfer a reward, the reward's key taken for ever. */
export async function payRewards(tx: Transaction, outcomes: readonly Outcome[]): Promise<void> {
  const payments = outcomes.flatMap((outcome) => {
    const { reward, campaign, userRef } = outcome;
    if (reward === undefined || campaign === undefined || userRef === undefined) return [];
    return [{ outcome, reward, campaign, userRef }];
  });
  await insertRows(
    tx,
    'kakao_share.reward_keys',
    { app: 'text', key: 'text', delivery_id: 'uuid', transfer_id: 'uuid' },
    payments.map(({ outcome, reward }) => ({
      app: outcome.app,
      key: reward.key,
      delivery_id: outcome.deliveryId,
      transfer_id: reward.transferId,
    })),
  );
  await postTransfers(
    tx,
    payments.map(({ outcome, reward, campaign, userRef }): NewTransfer => {
      const account = { app: outcome.app, unit: reward.unit };
      return {
        id: reward.transferId,
        key: `reward/${reward.key}`,
        kind: 'reward',
        from: { ...account, owner: { kind: 'campaign_budget', campaignId: campaign.campaignId } },
        to: { ...account, owner: { kind: 'user_available', userRef } },
        amount: reward.amount,
        occurredAt: outcome.receivedAt,
        userRef,
        actor: SETTLEMENT_ACTOR,
      };
    }),
  );
}
