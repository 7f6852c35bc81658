import { setTimeout as pause } from 'node:timers/promises';
import {
  describeError,
  errorCodeOf,
  isConflict,
  isConnectionLoss,
  isDataError,
  isLockTimeout,
  isTimeout,
} from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import type { Acceptance, Delivery } from './delivery.js';
import { storeDeliveries } from './store-deliveries.js';

/** Kakao gives 3 s for everything: one statement may take a good part, a lock on one key only a little. */
const LIMITS = { statementTimeoutMs: 1_500, lockTimeoutMs: 300 };
/** As long as a batch is tried again: what is left of Kakao's 3 s then is for setting one aside, and for the answer. */
const TRY_FOR_MS = 1_200;
const PAUSE_MS = 50;
/** 200 deliveries are down to one in four steps, each at most a lock time-out long. */
const SPLIT_INTO = 4;

/**
 * Commits a batch of deliveries and says of each what became of it, or why it could not be stored. A lost connection and a
 * conflict are tried again under the same ids, so that a commit whose outcome got lost is found and not repeated. One that
 * the database refuses, or whose key somebody holds locked all the time, does not take the others with it: it ends alone,
 * in quarantine under an id of its own.
 */
export async function acceptBatch(
  database: Database,
  batch: readonly Delivery[],
  deadlineMs = Date.now() + TRY_FOR_MS,
): Promise<(Acceptance | Error)[]> {
  try {
    return await database.transaction(LIMITS, (tx) => storeDeliveries(tx, batch));
  } catch (error) {
    if (batch.length > 1 && (isDataError(error) || isTimeout(error))) {
      return acceptParts(database, batch, deadlineMs);
    }
    if (mayPass(error) && Date.now() < deadlineMs) {
      await pause(PAUSE_MS);
      return acceptBatch(database, batch, deadlineMs);
    }
    const [guilty] = batch;
    if (guilty?.resourceId !== undefined && (isDataError(error) || isLockTimeout(error))) {
      return acceptBatch(database, [setAside(guilty, error)], deadlineMs);
    }
    return batch.map(() => asError(error));
  }
}

/** Somebody was in the way, or the database was away for a moment. */
function mayPass(error: unknown): boolean {
  return isConflict(error) || isLockTimeout(error) || isConnectionLoss(error);
}

async function acceptParts(
  database: Database,
  batch: readonly Delivery[],
  deadlineMs: number,
): Promise<(Acceptance | Error)[]> {
  const size = Math.ceil(batch.length / SPLIT_INTO);
  const starts = Array.from({ length: Math.ceil(batch.length / size) }, (_, index) => index * size);
  const parts = await Promise.all(
    starts.map((start) => acceptBatch(database, batch.slice(start, start + size), deadlineMs)),
  );
  return parts.flat();
}

/** Keeps the bytes, gives up the key that could not be stored. */
function setAside(delivery: Delivery, error: unknown): Delivery {
  const problem = isLockTimeout(error)
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
