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
import type { TransactionLimits, Transactor } from '../database/database.js';
import { withoutKey, type Acceptance, type Delivery } from './delivery.js';
import { KeyGivenBackError, storeDeliveries } from './store-deliveries.js';

/** Kakao gives 3 s for everything: one statement may take a good part, a lock on one key only a little. */
const STATEMENT_TIMEOUT_MS = 1_500;
const LOCK_TIMEOUT_MS = 300;
/** Near the deadline a statement is given this: less would cancel what is nearly done, and hide a lock that is waited for. */
const LEAST_STATEMENT_MS = 400;
/** As long as a batch is tried again: what is left of Kakao's 3 s then is for setting one aside, and for the answer. */
const TRY_FOR_MS = 1_200;
const PAUSE_MS = 50;
/** 200 deliveries are down to one in four steps, each at most a lock time-out long. */
const SPLIT_INTO = 4;

/** What becomes of a delivery whose key somebody holds all the time: it is set aside without the key, or given back. */
export type HeldKeys = 'quarantine' | 'leave';

export interface AcceptOptions {
  /** Until when the batch is tried again, by `performance.now()`; 1.2 s from now by default. */
  readonly deadlineMs?: number;
  readonly heldKeys?: HeldKeys;
}

type Options = Required<AcceptOptions>;

/**
 * Commits a batch of deliveries and says of each what became of it, or why it could not be stored. A lost connection and a
 * conflict are tried again under the same ids, so that a commit whose outcome got lost is found and not repeated. One that
 * the database refuses, or whose key somebody holds locked all the time, does not take the others with it: it ends alone,
 * in quarantine under an id of its own.
 */
export async function acceptBatch(
  database: Transactor,
  batch: readonly Delivery[],
  { deadlineMs = performance.now() + TRY_FOR_MS, heldKeys = 'quarantine' }: AcceptOptions = {},
): Promise<(Acceptance | Error)[]> {
  return tryBatch(database, batch, { deadlineMs, heldKeys });
}

async function tryBatch(
  database: Transactor,
  batch: readonly Delivery[],
  options: Options,
): Promise<(Acceptance | Error)[]> {
  try {
    return await database.transaction(limitsUntil(options.deadlineMs), (tx) =>
      storeDeliveries(tx, batch),
    );
  } catch (error) {
    if (batch.length > 1 && (isDataError(error) || (isTimeout(error) && maySplit(options)))) {
      return tryParts(database, batch, options);
    }
    if (mayPass(error) && performance.now() < options.deadlineMs) {
      await pause(PAUSE_MS);
      return tryBatch(database, batch, options);
    }
    const [guilty] = batch;
    if (guilty?.resourceId !== undefined && endsInQuarantine(error, options.heldKeys)) {
      return tryBatch(database, [setAside(guilty, error)], options);
    }
    return batch.map(() => asError(error));
  }
}

/** Where everybody can be kept elsewhere, a slow database is not asked by smaller batches for longer than there is time. */
function maySplit({ deadlineMs, heldKeys }: Options): boolean {
  return heldKeys === 'quarantine' || performance.now() < deadlineMs;
}

function limitsUntil(deadlineMs: number): TransactionLimits {
  const leftMs = Math.max(LEAST_STATEMENT_MS, deadlineMs - performance.now());
  return {
    connectionTimeoutMs: leftMs,
    statementTimeoutMs: Math.min(STATEMENT_TIMEOUT_MS, Math.ceil(leftMs)),
    lockTimeoutMs: LOCK_TIMEOUT_MS,
  };
}

function endsInQuarantine(error: unknown, heldKeys: HeldKeys): boolean {
  return isDataError(error) || (isLockTimeout(error) && heldKeys === 'quarantine');
}

/** Somebody was in the way, or the database was away for a moment. */
function mayPass(error: unknown): boolean {
  return (
    isConflict(error) ||
    isLockTimeout(error) ||
    isConnectionLoss(error) ||
    error instanceof KeyGivenBackError
  );
}

async function tryParts(
  database: Transactor,
  batch: readonly Delivery[],
  options: Options,
): Promise<(Acceptance | Error)[]> {
  const size = Math.ceil(batch.length / SPLIT_INTO);
  const starts = Array.from({ length: Math.ceil(batch.length / size) }, (_, index) => index * size);
  const parts = await Promise.all(
    starts.map((start) => tryBatch(database, batch.slice(start, start + size), options)),
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
  return withoutKey(delivery, problem);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
