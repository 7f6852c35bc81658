import { newId } from '../database/new-id.js';
import type { PaidReward } from './find-reward.js';
import { budgetOf } from '../ledger/account.js';
import { availableTo } from './holder.js';
import type { Movement } from './movement.js';

/** What is taken back of a reward, and how much of that has been taken so far. */
export interface Claim extends PaidReward {
  readonly taken: number;
  readonly actor: string;
  readonly reason: string;
}

/** Takes a part of a claim: from the user's available points back to the campaign's budget. */
export function toClawback(claim: Claim, amount: number, now: Date): Movement {
  const { transferId, deliveryId, campaignId, taken, actor, reason } = claim;
  return {
    transfer: {
      id: newId(),
      // What was taken before tells the parts of one claim apart.
      key: clawbackKey(transferId, taken),
      kind: 'clawback',
      from: availableTo(claim),
      to: budgetOf(claim),
      amount,
      occurredAt: now,
      userRef: claim.userRef,
      originId: transferId,
      actor,
      reason,
    },
    type: 'reward.clawed-back',
    data: {
      deliveryId,
      campaignId,
      rewardTransferId: transferId,
      outstanding: claim.amount - taken - amount,
    },
  };
}

export function clawbackKey(rewardTransferId: string, takenBefore: number): string {
  return `clawback/${rewardTransferId}/${takenBefore}`;
}
