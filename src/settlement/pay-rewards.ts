import type { CampaignVersion } from '../campaigns/campaign.js';
import { recordEarned } from '../campaigns/past-rewards.js';
import type { Earned } from '../campaigns/reward-policy.js';
import type { Transaction } from '../database/database.js';
import { insertRows } from '../database/insert-rows.js';
import { readClock } from '../database/read-clock.js';
import { budgetOf, type NewTransfer } from '../ledger/account.js';
import { lotExpiry } from '../ledger/lot-expiry.js';
import { postTransfers } from '../ledger/post-transfers.js';
import { availableTo, pendingFor } from '../points/holder.js';
import { recordHolds } from '../points/record-holds.js';
import { SETTLEMENT_ACTOR, type Outcome } from './outcome.js';

/** An outcome that moves points. */
interface Payment {
  readonly outcome: Outcome;
  readonly earned: Earned;
  readonly campaign: CampaignVersion;
  readonly transferId: string;
}

/**
 * Pays what was earned: budget to user, available or pending, one transfer a reward, the reward's key taken for ever.
 * What was only observed is remembered, and moves nothing.
 */
export async function payRewards(tx: Transaction, outcomes: readonly Outcome[]): Promise<void> {
  await recordEarned(
    tx,
    outcomes.flatMap(({ deliveryId, earned }) =>
      earned === undefined ? [] : [{ deliveryId, earned }],
    ),
  );
  const payments = outcomes.flatMap((outcome) => {
    const { earned, campaign, transferId } = outcome;
    if (earned === undefined || campaign === undefined || transferId === undefined) return [];
    return [{ outcome, earned, campaign, transferId }];
  });
  if (payments.length === 0) return;
  await insertRows(
    tx,
    'kakao_share.reward_keys',
    { app: 'text', key: 'text', delivery_id: 'uuid', transfer_id: 'uuid' },
    payments.map(({ outcome, earned, transferId }) => ({
      app: outcome.app,
      key: earned.key,
      delivery_id: outcome.deliveryId,
      transfer_id: transferId,
    })),
  );
  // Points can be spent from now on, however long ago the share was received: so their time begins now.
  const now = payments.some(isExpiring) ? await readClock(tx) : undefined;
  await postTransfers(
    tx,
    payments.map((payment) => toTransfer(payment, now)),
  );
  await recordHolds(tx, payments.flatMap(toHold));
}

/** Whether the points are available at once, and not for ever. */
function isExpiring({ earned, campaign }: Payment): boolean {
  return earned.heldUntil === undefined && campaign.rules.expiresAfterDays !== null;
}

/** @param now needed where points expire */
function toTransfer(
  { outcome: { app, receivedAt }, earned, campaign, transferId }: Payment,
  now: Date | undefined,
): NewTransfer {
  const { campaignId, userRef, amount, unit, heldUntil } = earned;
  const { expiresAfterDays } = campaign.rules;
  const holder = { app, unit, userRef };
  const isHeld = heldUntil !== undefined;
  return {
    id: transferId,
    key: `reward/${earned.key}`,
    kind: 'reward',
    from: budgetOf({ app, unit, campaignId }),
    to: isHeld ? pendingFor(holder) : availableTo(holder),
    amount,
    occurredAt: receivedAt,
    userRef,
    actor: SETTLEMENT_ACTOR,
    ...(isHeld || expiresAfterDays === null || now === undefined
      ? {}
      : { lotExpiresAt: lotExpiry(now, expiresAfterDays) }),
  };
}

function toHold({
  outcome,
  earned,
  campaign,
  transferId,
}: Payment): Parameters<typeof recordHolds>[1] {
  const { heldUntil, campaignId, userRef, amount, unit } = earned;
  if (heldUntil === undefined) return [];
  const { deliveryId, app } = outcome;
  const { expiresAfterDays } = campaign.rules;
  return [
    {
      ...{ transferId, deliveryId, app, unit, userRef, campaignId, amount, expiresAfterDays },
      releaseAt: heldUntil,
    },
  ];
}
