import { hostname } from 'node:os';
import path from 'node:path';
import { recordAudit } from '../audit/record-audit.js';
import { describeError } from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { replaySpool, type ReplayTally } from './replay-spool.js';

const LIMITS = { statementTimeoutMs: 5_000 };

/** Who replays what, and why. */
export interface HandReplay {
  readonly directory: string;
  readonly refused: boolean;
  readonly actor: string;
  readonly reason: string;
}

/**
 * Replays the spool for somebody. The audit has two rows of it with one target: the first before anything is committed, so that it
 * is known who did it, however it ends; the second with what came of it.
 */
export async function replayByHand(
  database: Database,
  { directory, refused, actor, reason }: HandReplay,
  say: (line: string) => void,
): Promise<Readonly<ReplayTally>> {
  const target = newId();
  const tally = { committed: 0, failed: 0, unread: 0 };
  const record = (action: 'spool.replay' | 'spool.replayed', after: object): Promise<void> =>
    database.transaction(LIMITS, (tx) =>
      recordAudit(tx, { actor, app: null, action, target, reason, after }),
    );
  // A folder says little without the machine whose disk it is on.
  const spool = { machine: hostname(), directory: path.resolve(directory) };
  await record('spool.replay', { ...spool, refused });
  try {
    await replaySpool(directory, database, refused, tally, say);
  } finally {
    // A database that went away meanwhile must not hide what was committed before.
    await record('spool.replayed', tally).catch((error: unknown) => {
      say(`The audit lacks what came of it: ${describeError(error)}`);
    });
  }
  return tally;
}
