import {
  describeError,
  isConflict,
  isConnectionLoss,
  isTimeout,
} from '../database/database-errors.js';
import type { Database, Transaction } from '../database/database.js';
import { retryConflicts } from '../database/retry-conflicts.js';
import { NoSigningKeysError } from '../intents/intent-errors.js';
import type { IntentSigningKeys } from '../intents/signing-keys.js';
import { MAX_DELIVERIES_PER_JOB } from '../queue/settlement-queue.js';
import { findReplayable, type ReplaySelection } from './find-replayable.js';
import { reopenDecided } from './reopen-decided.js';
import { ReplayTooSlowError } from './replay-errors.js';
import { reportReplay, type DryRun } from './replay-report.js';
import { settleBatch } from './settle-batch.js';

/** Its locks are those that settlement needs: it gives way quickly, and asks for nothing that takes long. */
const LIMITS = { statementTimeoutMs: 5_000, lockTimeoutMs: 1_000 };
/** In all, from its first lock on; the thousand deliveries of the largest run take a fraction of it. */
const DECIDE_LIMIT_MS = 5_000;
/** As settlement does: a job of 200 is down to single deliveries in three steps. */
const SPLIT_INTO = 8;
const DRY_RUN = { actor: 'dry-run', reason: 'dry-run' };

/** Carries the report out of the transaction that must not be committed. */
class DryRunOver extends Error {
  constructor(readonly report: DryRun) {
    super('A dry run leaves nothing behind.');
  }
}

/**
 * Tells what a replay would do: does it for real, by the same code under the same locks, in the same order, and rolls everything
 * back. So caps, budgets, intents and keys are exact, as long as nothing else is settled in between and its job is not lost.
 *
 * @param keys what intents are signed with; without them no token is ours
 * @throws {ReplayTooSlowError}
 */
export async function dryRunReplay(
  database: Database,
  selection: ReplaySelection,
  keys: IntentSigningKeys | undefined,
): Promise<DryRun> {
  try {
    return await retryConflicts(() =>
      database.transaction(LIMITS, async (tx) => {
        throw new DryRunOver(await tryOut(tx, selection, keys));
      }),
    );
  } catch (error) {
    if (error instanceof DryRunOver) return error.report;
    throw error;
  }
}

async function tryOut(
  tx: Transaction,
  selection: ReplaySelection,
  keys: IntentSigningKeys | undefined,
): Promise<DryRun> {
  const { ids, next } = await findReplayable(tx, selection);
  const reopened = await reopenDecided(tx, ids, DRY_RUN, 'sweep');
  const trial = { tx, keys, deadline: performance.now() + DECIDE_LIMIT_MS, failed: new Map() };
  await settleTogether(
    trial,
    reopened.map(({ id }) => id),
    MAX_DELIVERIES_PER_JOB,
  );
  return reportReplay(tx, reopened, trial.failed, next);
}

interface Trial {
  readonly tx: Transaction;
  readonly keys: IntentSigningKeys | undefined;
  readonly deadline: number;
  /** Which could not be settled, and why. */
  readonly failed: Map<string, string>;
}

/** Settles group by group; one that the database refuses is divided until the guilty delivery stands alone. */
async function settleTogether(trial: Trial, ids: readonly string[], size: number): Promise<void> {
  for (let start = 0; start < ids.length; start += size) {
    await settleGroup(trial, ids.slice(start, start + size));
  }
}

async function settleGroup(trial: Trial, ids: readonly string[]): Promise<void> {
  const { tx, keys, deadline, failed } = trial;
  const [first] = ids;
  if (first === undefined) return;
  if (performance.now() > deadline) throw new ReplayTooSlowError();
  await tx.query('SAVEPOINT settled');
  try {
    await settleBatch(tx, ids, keys);
    await tx.query('RELEASE SAVEPOINT settled');
  } catch (error) {
    if (isNobodysFault(error)) throw error;
    await tx.query('ROLLBACK TO SAVEPOINT settled');
    if (ids.length === 1) failed.set(first, describeError(error));
    else await settleTogether(trial, ids, Math.ceil(ids.length / SPLIT_INTO));
  }
}

/** Not the fault of a delivery: the whole dry run ends. */
function isNobodysFault(error: unknown): boolean {
  return (
    isConflict(error) ||
    isConnectionLoss(error) ||
    isTimeout(error) ||
    error instanceof NoSigningKeysError ||
    error instanceof ReplayTooSlowError
  );
}
