import type { Database } from '../database/database.js';
import { firstIdAt } from '../database/new-id.js';
import { readClock } from '../database/read-clock.js';

const EVENTS_PER_BATCH = 1_000;
const DAY_MS = 24 * 3_600_000;

/**
 * Looks at the next old events, and forgets those that nobody waits for and nobody refused.
 * @param lookedUntil the last event of the batch before
 * @returns the last one of this batch, undefined after the last batch
 */
export async function forgetOldEvents(
  database: Database,
  retentionDays: number,
  lookedUntil: string | undefined,
): Promise<string | undefined> {
  const now = await readClock(database);
  const [batch] = await database.query<{ last: string | null; looked: number }>(
    `WITH old AS (
       SELECT id FROM kakao_share.events WHERE id < $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT ${EVENTS_PER_BATCH}),
     gone AS (
       DELETE FROM kakao_share.events e USING old WHERE e.id = old.id
         AND NOT EXISTS (SELECT FROM kakao_share.outbox o WHERE o.event_id = e.id)
         AND NOT EXISTS (SELECT FROM kakao_share.refused_events r WHERE r.event_id = e.id))
     SELECT max(id::text) AS last, count(*)::integer AS looked FROM old`,
    [firstIdAt(new Date(now.getTime() - retentionDays * DAY_MS)), lookedUntil ?? null],
  );
  return batch?.looked === EVENTS_PER_BATCH ? (batch.last ?? undefined) : undefined;
}
