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
 * Commits a batch of deliveries. One that the database refuses, or whose key somebody holds locked, does not take the
 * others with it: it ends alone, in quarantine under an id of its own.
 *
 * @throws when the database is away or too slow; then nothing of the failing part is stored
 */
export async function acceptBatch(
  database: Database,
  batch: readonly Delivery[],
): Promise<Acceptance[]> {
  try {
    return await storeWithRetries(database, batch);
  } catch (error) {
    if (!isDataError(error) && !isTimeout(error)) throw error;
    if (batch.length > 1) return await acceptParts(database, batch);
    const [guilty] = batch;
    if (guilty?.resourceId === undefined) throw error;
    return await storeWithRetries(database, [setAside(guilty, error)]);
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

async function acceptParts(database: Database, batch: readonly Delivery[]): Promise<Acceptance[]> {
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
    ? 'the resource id was being stored by somebody else for too long'
    : `the database refused it (${errorCodeOf(error) ?? describeError(error)})`;
  return {
    ...delivery,
    resourceId: undefined,
    problems: [...delivery.problems, { field: 'request', problem }],
  };
}
