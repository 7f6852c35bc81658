import type { Database } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { availableTo, outside, type Holder } from './holder.js';
import { lockPresentUser } from './lock-present-user.js';
import { carryOut, type Movement } from './movement.js';
import { planDue } from './plan-due.js';
import { InsufficientPointsError, InvalidAdjustmentError } from './points-errors.js';
import { recordAudit } from '../audit/record-audit.js';
import { digestOf, requestKey } from './request-key.js';
import { findTransfer, readTransfer, type Moved } from './stored-transfer.js';
import { transactSpending } from './transact-spending.js';

/** Points given or taken by hand, under a key that the caller chose. */
export interface AdjustmentRequest extends Holder {
  readonly direction: 'credit' | 'debit';
  readonly amount: number;
  /** Of a credit: until when it can be spent; absent: for ever. */
  readonly expiresAt?: Date;
  /** Unique within the app, over all operations: the same key and content is the same adjustment. */
  readonly key: string;
  readonly actor: string;
  readonly reason: string;
  readonly now: Date;
}

/**
 * Gives or takes points by hand, with a reason. A debit takes no more than can be spent.
 * @throws {InsufficientPointsError} {@link InvalidAdjustmentError} {@link IdempotencyConflictError} {@link UnknownUserError}
 */
export async function adjustPoints(database: Database, request: AdjustmentRequest): Promise<Moved> {
  const { app, unit, userRef, direction, amount, expiresAt, actor, reason, now } = request;
  const digest = digestOf([
    ...['adjustment', direction, userRef, unit, amount, reason],
    expiresAt?.toISOString() ?? null,
  ]);
  const key = requestKey(request.key);
  return transactSpending(database, request, async (tx) => {
    await lockPresentUser(tx, userRef);
    const earlier = await findTransfer(tx, app, key, digest);
    if (earlier !== undefined) return { transfer: earlier, repeated: true };
    refuseUselessExpiry(request);
    const due = direction === 'debit' ? await planDue(tx, request, now) : undefined;
    if (due !== undefined && due.available < amount)
      throw new InsufficientPointsError(Math.max(due.available, 0), amount);
    const adjustment = toAdjustment(request, key, digest);
    await carryOut(tx, [...(due?.movements ?? []), adjustment]);
    const { id } = adjustment.transfer;
    await recordAudit(tx, {
      actor,
      app,
      action: 'points.adjust',
      target: userRef,
      after: { transferId: id, direction, amount, unit, expiresAt },
      reason,
    });
    return { transfer: await readTransfer(tx, id), repeated: false };
  });
}

/** A repeated request is not asked: what it gave may have expired since. */
function refuseUselessExpiry({ direction, expiresAt, now }: AdjustmentRequest): void {
  if (expiresAt === undefined) return;
  if (direction === 'debit') throw new InvalidAdjustmentError('expiresAt: is for credits only');
  if (expiresAt <= now) throw new InvalidAdjustmentError('expiresAt: must lie in the future');
}

function toAdjustment(request: AdjustmentRequest, key: string, digest: Buffer): Movement {
  const { direction, amount, expiresAt, userRef, actor, reason, now } = request;
  const user = availableTo(request);
  const world = outside('adjustment', request);
  return {
    transfer: {
      id: newId(),
      key,
      digest,
      kind: 'adjustment',
      from: direction === 'credit' ? world : user,
      to: direction === 'credit' ? user : world,
      amount,
      occurredAt: now,
      userRef,
      actor,
      reason,
      ...(direction === 'debit' || expiresAt === undefined ? {} : { lotExpiresAt: expiresAt }),
    },
    type: 'points.adjusted',
    data: { direction },
  };
}
