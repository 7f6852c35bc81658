import { errorCodeOf, isConflict } from '../database/database-errors.js';
import type { Database, Transaction } from '../database/database.js';
import { retryConflicts } from '../database/retry-conflicts.js';

/** A person or a program waits for the answer. */
const LIMITS = { statementTimeoutMs: 10_000, lockTimeoutMs: 5_000 };
const UNIQUE_VIOLATION = '23505';

/**
 * One transaction that moves points, begun again when somebody else was in the way. So it is when the same key was used at the
 * same moment for another user: the next try finds it.
 */
export async function transact<T>(
  database: Database,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return retryConflicts(
    () => database.transaction(LIMITS, work),
    (error) => isConflict(error) || errorCodeOf(error) === UNIQUE_VIOLATION,
  );
}
