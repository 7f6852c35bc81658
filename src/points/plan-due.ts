import type { Transaction } from '../database/database.js';
import { MAX_MOVEMENTS } from './clerk-bounds.js';
import { planCollection } from './collect-claims.js';
import { planExpiry } from './expire-lots.js';
import { holderKey, type Holder } from './holder.js';
import type { Movement } from './movement.js';
import { PointsBacklogError } from './points-errors.js';
import { readAvailable } from './read-available.js';

/** What comes before a user spends: movements that are due, and what is available once they are carried out. */
export interface Due {
  readonly movements: readonly Movement[];
  readonly available: number;
}

/**
 * What is due of a user, whom the caller holds: what has expired is not spent any more, and what is claimed is taken first,
 * whether or not the clerk has come by. The movements are the caller's to carry out, before its own.
 * @throws {PointsBacklogError} when there may be more: see `transactSpending`
 */
export async function planDue(tx: Transaction, holder: Holder, now: Date): Promise<Due> {
  const userRefs = [holder.userRef];
  const available = await readAvailable(tx, userRefs);
  const expiries = await planExpiry(tx, userRefs, now);
  if (expiries.length === MAX_MOVEMENTS) throw new PointsBacklogError();
  for (const { transfer } of expiries) {
    const key = holderKey({ ...transfer.from, userRef: transfer.userRef });
    available.set(key, (available.get(key) ?? 0) - transfer.amount);
  }
  const collection = await planCollection(tx, userRefs, available, now);
  if (!collection.isWhole) throw new PointsBacklogError();
  return {
    movements: [...expiries, ...collection.movements],
    available: collection.available.get(holderKey(holder)) ?? 0,
  };
}
