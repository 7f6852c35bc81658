import type { Database, Transaction } from '../database/database.js';
import { collectClaims } from './collect-claims.js';
import { expireDueLots } from './expire-lots.js';
import { PointsBacklogError } from './points-errors.js';
import { transact } from './transact.js';

/** So many batches are tens of thousands of lots: the clerk's work, not that of somebody who waits. */
const MAX_BATCHES = 50;

/**
 * A transaction that takes what a user can spend, after what is due of the user. Where that is more than one transaction takes,
 * batches of it are carried out before, each in a transaction of its own.
 * @throws {PointsBacklogError} when even these were not enough
 */
export async function transactSpending<T>(
  database: Database,
  { userRef, now }: { readonly userRef: string; readonly now: Date },
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  for (let batches = 0; ; batches++) {
    try {
      return await transact(database, work);
    } catch (error) {
      if (!(error instanceof PointsBacklogError) || batches === MAX_BATCHES) throw error;
      await transact(database, (tx) => expireDueLots(tx, [userRef], now));
      await transact(database, (tx) => collectClaims(tx, [userRef], now));
    }
  }
}
