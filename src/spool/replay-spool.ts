import { unlink } from 'node:fs/promises';
import { describeError } from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import { acceptBatch } from '../deliveries/accept-batch.js';
import type { Acceptance, Delivery } from '../deliveries/delivery.js';
import { refusedDeliveries, spooledDeliveries } from './spooled-deliveries.js';

/** By hand nobody waits for an answer. */
const BATCH_LIMIT_MS = 30_000;

/** What became of all of them. */
export interface ReplayResult {
  readonly committed: number;
  readonly failed: number;
}

/**
 * Commits everything that is in the spool, once. Files are left to the webs, which delete what they find committed; refused ones
 * that the database takes now are deleted here. Settlement is asked for by the sweeper.
 */
export async function replaySpool(
  directory: string,
  database: Database,
  refused: boolean,
  say: (line: string) => void,
): Promise<ReplayResult> {
  let [committed, failed] = [0, 0];
  const count = (results: readonly (Acceptance | Error)[], batch: readonly Delivery[]): void => {
    for (const [index, result] of results.entries()) {
      if (!(result instanceof Error)) committed++;
      else {
        failed++;
        say(`${batch[index]?.id ?? ''} was not committed: ${describeError(result)}`);
      }
    }
  };
  const accept = (batch: readonly Delivery[]): Promise<(Acceptance | Error)[]> =>
    acceptBatch(database, batch, { deadlineMs: Date.now() + BATCH_LIMIT_MS, heldKeys: 'leave' });
  if (refused) {
    for await (const { path, delivery } of refusedDeliveries(directory)) {
      const results = await accept([delivery]);
      count(results, [delivery]);
      if (!(results[0] instanceof Error)) await unlink(path);
    }
    return { committed, failed };
  }
  for await (const batch of spooledDeliveries(directory)) {
    if (batch.length > 0) count(await accept(batch), batch);
  }
  return { committed, failed };
}
