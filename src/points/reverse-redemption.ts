import { toInteger } from '../database/amount.js';
import type { Database, Queryable, Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { lockUsers } from '../users/lock-users.js';
import type { HandRequest } from './hand-request.js';
import { availableTo, outside, type Holder } from './holder.js';
import { carryOut } from './movement.js';
import { UnknownRedemptionError } from './points-errors.js';
import { recordAudit } from '../audit/record-audit.js';
import { underKey } from './request-key.js';
import { findTransfer, readTransfer, type Moved } from './stored-transfer.js';
import { transact } from './transact.js';

/** A redemption to be taken back, whole. */
export interface ReversalRequest extends HandRequest {
  /** The redemption's transfer. */
  readonly redemptionId: string;
}

/** A redemption as it was. */
interface Redemption extends Holder {
  readonly transferId: string;
  readonly amount: number;
}

/**
 * Gives back what a redemption took, to the same lots with the same time to be spent: what has expired meanwhile expires again.
 * Repeated, it gives the first reversal again.
 * @throws {UnknownRedemptionError} {@link IdempotencyConflictError}
 */
export async function reverseRedemption(
  database: Database,
  request: ReversalRequest,
): Promise<Moved> {
  const { redemptionId, apps, key, reason } = request;
  const redemption = await findRedemption(database, redemptionId, apps);
  const { app, userRef } = redemption;
  return transact(database, async (tx) => {
    await lockUsers(tx, [], [userRef]);
    return underKey(tx, app, key, ['reversal', redemptionId, reason], () =>
      reverse(tx, redemption, request),
    );
  });
}

async function reverse(
  tx: Transaction,
  redemption: Redemption,
  { actor, reason, now }: ReversalRequest,
): Promise<Moved> {
  const { app, unit, userRef, amount, transferId } = redemption;
  const key = `reversal/${transferId}`;
  const earlier = await findTransfer(tx, app, key);
  if (earlier !== undefined) return { transfer: earlier, repeated: true };
  const id = newId();
  await carryOut(tx, [
    {
      transfer: {
        id,
        key,
        kind: 'redemption-reversal',
        from: outside('redeemed', redemption),
        to: availableTo(redemption),
        amount,
        occurredAt: now,
        userRef,
        originId: transferId,
        actor,
        reason,
      },
      type: 'points.redemption-reversed',
      data: { redemptionTransferId: transferId },
    },
  ]);
  await recordAudit(tx, {
    ...{ actor, app, action: 'redemption.reverse', target: transferId, reason },
    after: { transferId: id, amount, unit },
  });
  return { transfer: await readTransfer(tx, id), repeated: false };
}

async function findRedemption(
  queryable: Queryable,
  id: string,
  apps: readonly string[] | undefined,
): Promise<Redemption> {
  const [row] = await queryable.query<{
    app: string;
    unit: string;
    user_ref: string;
    amount: string;
  }>(
    `SELECT app, unit, user_ref, amount FROM kakao_share.transfers
     WHERE id = $1 AND kind = 'redemption' AND ($2::text[] IS NULL OR app = ANY($2))`,
    [id, apps ?? null],
  );
  if (row === undefined) throw new UnknownRedemptionError();
  return {
    transferId: id,
    app: row.app,
    unit: row.unit,
    userRef: row.user_ref,
    amount: toInteger(row.amount),
  };
}
