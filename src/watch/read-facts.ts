import type { Database } from '../database/database.js';
import { firstIdAt } from '../database/new-id.js';
import type { DatabaseSafety } from './judge-stores.js';
import type { DeliveryFacts } from './judge-deliveries.js';

/** What is read here is small or has an index; a database that needs longer has other worries. */
const LIMITS = { statementTimeoutMs: 2_000 };
/** Beyond these nobody needs the number, and counting takes long. */
const MAX_COUNTED = 10_000;
const MAX_OPEN_COUNTED = 100_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export async function readDatabaseSafety(database: Database): Promise<DatabaseSafety> {
  const [row] = await database.transaction(LIMITS, (tx) =>
    tx.query<DatabaseSafety>(
      `SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes`,
    ),
  );
  if (row === undefined) throw new Error('The database tells none of its settings.');
  return row;
}

/** Ids are made in order of time, so a range of ids is a range of time. */
export async function readDeliveryFacts(database: Database, now: Date): Promise<DeliveryFacts> {
  const hourAgo = firstIdAt(new Date(now.getTime() - HOUR_MS));
  const dayAgo = firstIdAt(new Date(now.getTime() - DAY_MS));
  return database.transaction(LIMITS, async (tx) => {
    const [counts] = await tx.query<Omit<DeliveryFacts, 'unknownValues'>>(
      `SELECT o.open, o."oldestOpenS",
         (SELECT count(*)::integer FROM (SELECT FROM kakao_share.deliveries WHERE id >= $1 LIMIT ${MAX_COUNTED}) d) AS received,
         (SELECT count(*)::integer FROM (SELECT FROM kakao_share.decisions
            WHERE verdict = 'quarantined' AND delivery_id >= $1 AND superseded_at IS NULL LIMIT ${MAX_COUNTED}) q) AS quarantined
       FROM (SELECT count(*)::integer AS open,
                    coalesce(greatest(extract(epoch FROM clock_timestamp() - min(opened_at)), 0), 0)::float8 AS "oldestOpenS"
             FROM (SELECT opened_at FROM kakao_share.open_deliveries LIMIT ${MAX_OPEN_COUNTED}) w) o`,
      [hourAgo],
    );
    if (counts === undefined) throw new Error('The database counts nothing.');
    const unknown = await tx.query<{ field: string; count: number }>(
      `SELECT field, count(*)::integer AS count
       FROM (SELECT unnest(unknown_values) AS field FROM kakao_share.shares
             WHERE unknown_values <> '{}' AND id >= $1 LIMIT ${MAX_COUNTED}) u GROUP BY field`,
      [dayAgo],
    );
    const unknownValues = Object.fromEntries(unknown.map(({ field, count }) => [field, count]));
    return { ...counts, unknownValues };
  });
}
