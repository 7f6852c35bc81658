import type { Database, Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { lockUsers } from '../users/lock-users.js';
import { findReward } from './find-reward.js';
import { lockHold, resolveHolds, type Hold } from './hold.js';
import { budgetOf } from '../ledger/account.js';
import { pendingFor } from './holder.js';
import { carryOut, type Movement } from './movement.js';
import { RewardStateError } from './points-errors.js';
import { recordAudit } from '../audit/record-audit.js';
import type { RewardRequest } from './release-reward.js';
import { underKey } from './request-key.js';
import { readTransfer, type Moved } from './stored-transfer.js';
import { transact } from './transact.js';

/**
 * Voids a held reward: its points go back to the campaign's budget. Repeated, it gives the first transfer again.
 * @throws {UnknownRewardError} {@link RewardStateError} where its points are available already,
 *   {@link IdempotencyConflictError}
 */
export async function voidReward(database: Database, request: RewardRequest): Promise<Moved> {
  const { deliveryId, apps, key, reason } = request;
  const { app, userRef, transferId } = await findReward(database, deliveryId, apps);
  return transact(database, async (tx) => {
    await lockUsers(tx, [], [userRef]);
    return underKey(tx, app, key, ['void', transferId, reason], async () =>
      voidHold(tx, await lockHold(tx, transferId), request),
    );
  });
}

async function voidHold(
  tx: Transaction,
  hold: Hold | undefined,
  request: RewardRequest,
): Promise<Moved> {
  if (hold === undefined || hold.state === 'released')
    throw new RewardStateError('The points of this reward are available: claw it back instead.');
  if (hold.resolvedBy !== null)
    return { transfer: await readTransfer(tx, hold.resolvedBy), repeated: true };
  const voiding = toVoid(hold, request);
  await carryOut(tx, [voiding]);
  const { id } = voiding.transfer;
  await resolveHolds(tx, 'voided', [{ hold, resolvedBy: id }]);
  const { app, deliveryId, amount, unit } = hold;
  const { actor, reason } = request;
  await recordAudit(tx, {
    ...{ actor, app, action: 'reward.void', target: hold.transferId, reason },
    after: { transferId: id, deliveryId, amount, unit },
  });
  return { transfer: await readTransfer(tx, id), repeated: false };
}

function toVoid(hold: Hold, { actor, reason, now }: RewardRequest): Movement {
  const { deliveryId, campaignId, transferId } = hold;
  return {
    transfer: {
      id: newId(),
      key: `void/${transferId}`,
      kind: 'void',
      from: pendingFor(hold),
      to: budgetOf(hold),
      amount: hold.amount,
      occurredAt: now,
      userRef: hold.userRef,
      originId: transferId,
      actor,
      reason,
    },
    type: 'reward.voided',
    data: { deliveryId, campaignId, rewardTransferId: transferId },
  };
}
