import { recordAudit } from '../audit/record-audit.js';
import type { Database, Transaction } from '../database/database.js';
import { lockUsers } from '../users/lock-users.js';
import { findReward } from './find-reward.js';
import { lockHold, resolveHolds, type Hold } from './hold.js';
import { toMovement, type Ending } from './hold-ending.js';
import { carryOut } from './movement.js';
import type { HandRequest } from './hand-request.js';
import { RewardStateError } from './points-errors.js';
import { underKey } from './request-key.js';
import { readTransfer, type Moved } from './stored-transfer.js';
import { transact } from './transact.js';

/** Something that somebody wants done to the reward of a delivery, and why. */
export interface RewardRequest extends HandRequest {
  readonly deliveryId: string;
}

/**
 * Ends the hold of a reward by hand. Repeated, it gives the first transfer again.
 * @throws {UnknownRewardError} {@link RewardStateError} where it never was held, or ended otherwise,
 *   {@link IdempotencyConflictError}
 */
export async function endHold(
  database: Database,
  request: RewardRequest,
  ending: Ending,
): Promise<Moved> {
  const { deliveryId, apps, key, reason } = request;
  const { app, userRef, transferId } = await findReward(database, deliveryId, apps);
  return transact(database, async (tx) => {
    await lockUsers(tx, [], [userRef]);
    return underKey(tx, app, key, [ending.kind, transferId, reason], async () =>
      end(tx, await lockHold(tx, transferId), request, ending),
    );
  });
}

async function end(
  tx: Transaction,
  hold: Hold | undefined,
  { actor, reason, now }: RewardRequest,
  ending: Ending,
): Promise<Moved> {
  if (hold === undefined) throw new RewardStateError(ending.neverHeld);
  if (hold.resolvedBy !== null && hold.state !== ending.state)
    throw new RewardStateError(ending.endedOtherwise);
  if (hold.resolvedBy !== null)
    return { transfer: await readTransfer(tx, hold.resolvedBy), repeated: true };
  const movement = toMovement(hold, ending, { actor, reason, now });
  await carryOut(tx, [movement]);
  const { id } = movement.transfer;
  await resolveHolds(tx, ending.state, [{ hold, resolvedBy: id }]);
  const { app, deliveryId, amount, unit } = hold;
  await recordAudit(tx, {
    ...{ actor, app, action: `reward.${ending.kind}`, target: hold.transferId, reason },
    after: { transferId: id, deliveryId, amount, unit },
  });
  return { transfer: await readTransfer(tx, id), repeated: false };
}
