import {
  describeError,
  errorCodeOf,
  isConflict,
  isDataError,
  isTimeout,
} from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import type { Acceptance, Delivery } from './delivery.js';
import { storeDeliveries } from './store-deliveries.js';

/** Kakao gives 3 s for everything: one statement may take a good part, a lock on one key only a little. */
const LIMITS = { statementTimeoutMs: 1_500, lockTimeoutMs: 300 };
const MAX_CONFLICT_RETRIES = 3;
/** 200 deliveries are down to one in four steps, each at most a lock time-out long. */
const SPLIT_INTO = 4;

/**
 * Commits a batch of deliveries and says of each what became of it, or why it could not be stored. One that the database
 * refuses, or whose key somebody holds locked, does not take the others with it: it ends alone, in quarantine under an
 * id of its own. When the database is away or too slow, nothing of the failing part is stored.
 */
export async function acceptBatch(
  database: Database,
  batch: readonly Delivery[],
): Promise<(Acceptance | Error)[]> {
  try {
    return await storeWithRetries(database, batch);
  } catch (error) {
    if (!isDataError(error) && !isTimeout(error)) return batch.map(() => asError(error));
    if (batch.length > 1) return acceptParts(database, batch);
    const [guilty] = batch;
    if (guilty?.resourceId === undefined) return [asError(error)];
    return acceptBatch(database, [setAside(guilty, error)]);
  }
}

async function storeWithRetries(
  database: Database,
  batch: readonly Delivery[],
): Promise<Acceptance[]> {
  for (let retries = 0; ; retries++) {
    try {
      return await database.transaction(LIMITS, (tx) => storeDeliveries(tx, batch));
    } catch (error) {
      if (!isConflict(error) || retries === MAX_CONFLICT_RETRIES) throw error;
    }
  }
}

async function acceptParts(
  database: Database,
  batch: readonly Delivery[],
): Promise<(Acceptance | Error)[]> {
  const size = Math.ceil(batch.length / SPLIT_INTO);
  const starts = Array.from({ length: Math.ceil(batch.length / size) }, (_, index) => index * size);
  const parts = await Promise.all(
    starts.map((start) => acceptBatch(database, batch.slice(start, start + size))),
  );
  return parts.flat();
}

/** Keeps the bytes, gives up the key that could not be stored. */
function setAside(delivery: Delivery, error: unknown): Delivery {
  const problem = isTimeout(error)
    ? { field: 'X-Kakao-Resource-ID', problem: 'was being stored by somebody else for too long' }
    : {
        field: 'request',
        problem: `was refused by the database (${errorCodeOf(error) ?? describeError(error)})`,
      };
  return { ...delivery, resourceId: undefined, problems: [...delivery.problems, problem] };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
