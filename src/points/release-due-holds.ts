import type { Transaction } from '../database/database.js';
import { lockUsers } from '../users/lock-users.js';
import { lockDueHolds, resolveHolds } from './hold.js';
import { carryOut } from './movement.js';
import { CLERK_ACTOR, MAX_MOVEMENTS } from './clerk-bounds.js';
import { toMovement } from './hold-ending.js';
import { RELEASE } from './release-reward.js';

/** Releases what is due for these users. @returns how many rewards became available; the rest, if any, is for next time */
export async function releaseDueHolds(
  tx: Transaction,
  userRefs: readonly string[],
  now: Date,
): Promise<number> {
  await lockUsers(tx, [], userRefs);
  const due = await lockDueHolds(tx, userRefs, now, MAX_MOVEMENTS);
  if (due.length === 0) return 0;
  const releases = due.map((hold) => ({
    hold,
    movement: toMovement(hold, RELEASE, { actor: CLERK_ACTOR, now }),
  }));
  await carryOut(
    tx,
    releases.map(({ movement }) => movement),
  );
  await resolveHolds(
    tx,
    RELEASE.state,
    releases.map(({ hold, movement }) => ({ hold, resolvedBy: movement.transfer.id })),
  );
  return due.length;
}
