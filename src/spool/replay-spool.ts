import { unlink } from 'node:fs/promises';
import { describeError } from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import { acceptBatch } from '../deliveries/accept-batch.js';
import type { Acceptance, Delivery } from '../deliveries/delivery.js';
import { refusedDeliveries, spooledDeliveries, type OnUnread } from './spooled-deliveries.js';

/** By hand nobody waits for an answer. */
const BATCH_LIMIT_MS = 30_000;

/** What became of all of them, so far. */
export interface ReplayTally {
  committed: number;
  failed: number;
  /** Files and folders that hold something which cannot be read. */
  unread: number;
}

/**
 * Commits everything that is in the spool, once. Files are left to the webs, which delete what they find committed; refused ones
 * that the database takes now are deleted here. Settlement is asked for by the sweeper.
 *
 * @param tally counted up as it goes, so that it is known when this fails half-way
 */
export async function replaySpool(
  directory: string,
  database: Database,
  refused: boolean,
  tally: ReplayTally,
  say: (line: string) => void,
): Promise<void> {
  const count = (results: readonly (Acceptance | Error)[], batch: readonly Delivery[]): void => {
    for (const [index, result] of results.entries()) {
      if (!(result instanceof Error)) tally.committed++;
      else {
        tally.failed++;
        say(`${batch[index]?.id ?? ''} was not committed: ${describeError(result)}`);
      }
    }
  };
  const leave: OnUnread = (sentence) => {
    tally.unread++;
    say(`${sentence} It stays.`);
  };
  const accept = (batch: readonly Delivery[]): Promise<(Acceptance | Error)[]> =>
    acceptBatch(database, batch, {
      deadlineMs: performance.now() + BATCH_LIMIT_MS,
      heldKeys: 'leave',
    });
  if (refused) {
    for await (const { path, delivery } of refusedDeliveries(directory, leave)) {
      const results = await accept([delivery]);
      count(results, [delivery]);
      if (!(results[0] instanceof Error)) await unlink(path);
    }
    return;
  }
  for await (const batch of spooledDeliveries(directory, leave)) {
    if (batch.length > 0) count(await accept(batch), batch);
  }
}
