import { newId } from '../database/new-id.js';
import type { AccountName } from '../ledger/account.js';
import type { Hold } from './hold.js';
import { pendingFor } from './holder.js';
import type { Movement } from './movement.js';

/** A way in which a hold ends: what becomes of it, where its points go, and what is said where that cannot be. */
export interface Ending {
  readonly kind: 'release' | 'void';
  readonly state: 'released' | 'voided';
  readonly type: 'reward.released' | 'reward.voided';
  readonly to: (hold: Hold) => AccountName;
  /** Until when the points can be spent that become available; undefined: for ever, or none do. */
  readonly lotExpiresAt: (hold: Hold, now: Date) => Date | undefined;
  readonly neverHeld: string;
  readonly endedOtherwise: string;
}

/** The movement that ends a hold. */
export function toMovement(
  hold: Hold,
  { kind, type, to, lotExpiresAt }: Ending,
  { actor, reason, now }: { readonly actor: string; readonly reason?: string; readonly now: Date },
): Movement {
  const { deliveryId, campaignId, transferId } = hold;
  const expiresAt = lotExpiresAt(hold, now);
  return {
    transfer: {
      id: newId(),
      key: `${kind}/${transferId}`,
      kind,
      from: pendingFor(hold),
      to: to(hold),
      amount: hold.amount,
      occurredAt: now,
      userRef: hold.userRef,
      originId: transferId,
      actor,
      ...(reason === undefined ? {} : { reason }),
      ...(expiresAt === undefined ? {} : { lotExpiresAt: expiresAt }),
    },
    type,
    data: { deliveryId, campaignId, rewardTransferId: transferId },
  };
}
