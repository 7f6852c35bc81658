import type { Database, Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { lotExpiry } from '../ledger/lot-expiry.js';
import { lockUsers } from '../users/lock-users.js';
import { findReward } from './find-reward.js';
import { lockHold, resolveHolds, type Hold } from './hold.js';
import { availableTo, pendingFor } from './holder.js';
import { carryOut, type Movement } from './movement.js';
import { RewardStateError } from './points-errors.js';
import { recordAudit } from '../audit/record-audit.js';
import { underKey } from './request-key.js';
import { readTransfer, type Moved } from './stored-transfer.js';
import { transact } from './transact.js';

/** Something that somebody wants done to the reward of a delivery, and why. */
export interface RewardRequest {
  readonly deliveryId: string;
  /** The apps that the caller may touch; undefined: all. */
  readonly apps: readonly string[] | undefined;
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
  /** Unique within the app, over all operations: under it no other request is taken. */
  readonly key?: string | undefined;
}

/**
 * Releases a held reward before its time: its points become available. Repeated, it gives the first transfer again.
 * @throws {UnknownRewardError} {@link RewardStateError} where it never was held, or was voided,
 *   {@link IdempotencyConflictError}
 */
export async function releaseReward(database: Database, request: RewardRequest): Promise<Moved> {
  const { deliveryId, apps, key, reason } = request;
  const { app, userRef, transferId } = await findReward(database, deliveryId, apps);
  return transact(database, async (tx) => {
    await lockUsers(tx, [], [userRef]);
    return underKey(tx, app, key, ['release', transferId, reason], async () =>
      release(tx, await lockHold(tx, transferId), request),
    );
  });
}

async function release(
  tx: Transaction,
  hold: Hold | undefined,
  { actor, reason, now }: RewardRequest,
): Promise<Moved> {
  if (hold === undefined)
    throw new RewardStateError('This reward was never held: its points are available.');
  if (hold.state === 'voided')
    throw new RewardStateError('This reward was voided: it cannot be released any more.');
  if (hold.resolvedBy !== null)
    return { transfer: await readTransfer(tx, hold.resolvedBy), repeated: true };
  const movement = toRelease(hold, { actor, reason, now });
  await carryOut(tx, [movement]);
  const { id } = movement.transfer;
  await resolveHolds(tx, 'released', [{ hold, resolvedBy: id }]);
  const { app, deliveryId, amount, unit } = hold;
  await recordAudit(tx, {
    ...{ actor, app, action: 'reward.release', target: hold.transferId, reason },
    after: { transferId: id, deliveryId, amount, unit },
  });
  return { transfer: await readTransfer(tx, id), repeated: false };
}

/** The movement that makes a held reward available; its time to be spent begins now. */
export function toRelease(
  hold: Hold,
  by: { readonly actor: string; readonly reason?: string; readonly now: Date },
): Movement {
  const { expiresAfterDays, deliveryId, campaignId, transferId } = hold;
  return {
    transfer: {
      id: newId(),
      key: `release/${transferId}`,
      kind: 'release',
      from: pendingFor(hold),
      to: availableTo(hold),
      amount: hold.amount,
      occurredAt: by.now,
      userRef: hold.userRef,
      originId: transferId,
      actor: by.actor,
      ...(by.reason === undefined ? {} : { reason: by.reason }),
      ...(expiresAfterDays === null ? {} : { lotExpiresAt: lotExpiry(by.now, expiresAfterDays) }),
    },
    type: 'reward.released',
    data: { deliveryId, campaignId, rewardTransferId: transferId },
  };
}
