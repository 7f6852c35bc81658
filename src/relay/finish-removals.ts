import type { Database } from '../database/database.js';

/** In one statement: short enough for its locks to trouble nobody. */
const ROWS_PER_BATCH = 5_000;
/**
 * A settlement that read the destinations just before the removal still writes to the outbox, and must find the row that its own
 * refers to. Statements end after less.
 */
const GRACE_S = 60;

/** Drops what waits for removed destinations, a batch at a time, and then the destinations. @returns whether more is to be dropped */
export async function finishRemovals(database: Database): Promise<boolean> {
  const dropped = await database.query(
    `DELETE FROM kakao_share.outbox WHERE (destination, shard, position) IN (
       SELECT o.destination, o.shard, o.position FROM kakao_share.outbox o
       JOIN kakao_share.destinations d ON d.name = o.destination AND d.removed_at IS NOT NULL
       LIMIT ${ROWS_PER_BATCH} FOR UPDATE OF o SKIP LOCKED) RETURNING 1`,
  );
  await database.query(
    `DELETE FROM kakao_share.destinations d
     WHERE removed_at < clock_timestamp() - make_interval(secs => ${GRACE_S})
       AND NOT EXISTS (SELECT FROM kakao_share.outbox o WHERE o.destination = d.name)`,
  );
  return dropped.length === ROWS_PER_BATCH;
}
