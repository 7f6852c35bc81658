import type { Database } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { availableTo, outside, type Holder } from './holder.js';
import { lockPresentUser } from './lock-present-user.js';
import { carryOut, type Movement } from './movement.js';
import { planDue } from './plan-due.js';
import { InsufficientPointsError } from './points-errors.js';
import { digestOf, requestKey } from './request-key.js';
import { findTransfer, readTransfer, type Moved } from './stored-transfer.js';
import { transactSpending } from './transact-spending.js';

/** Points to be spent, under a key that the caller chose. */
export interface RedemptionRequest extends Holder {
  readonly amount: number;
  /** Unique within the app, over all operations: the same key and content is the same redemption. */
  readonly key: string;
  readonly actor: string;
  readonly now: Date;
}

/**
 * Spends a user's points, those that expire first before others. What has expired or is claimed is not there to be spent.
 * @throws {InsufficientPointsError} {@link IdempotencyConflictError} {@link UnknownUserError}
 */
export async function redeemPoints(database: Database, request: RedemptionRequest): Promise<Moved> {
  const { app, unit, userRef, amount, now } = request;
  const digest = digestOf(['redemption', userRef, unit, amount]);
  const key = requestKey(request.key);
  return transactSpending(database, request, async (tx) => {
    await lockPresentUser(tx, userRef);
    const earlier = await findTransfer(tx, app, key, digest);
    if (earlier !== undefined) return { transfer: earlier, repeated: true };
    const due = await planDue(tx, request, now);
    if (due.available < amount)
      throw new InsufficientPointsError(Math.max(due.available, 0), amount);
    const redemption = toRedemption(request, key, digest);
    await carryOut(tx, [...due.movements, redemption]);
    return { transfer: await readTransfer(tx, redemption.transfer.id), repeated: false };
  });
}

function toRedemption(request: RedemptionRequest, key: string, digest: Buffer): Movement {
  return {
    transfer: {
      id: newId(),
      key,
      digest,
      kind: 'redemption',
      from: availableTo(request),
      to: outside('redeemed', request),
      amount: request.amount,
      occurredAt: request.now,
      userRef: request.userRef,
      actor: request.actor,
    },
    type: 'points.redeemed',
    data: {},
  };
}
