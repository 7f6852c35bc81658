import type { Database } from '../database/database.js';
import { MAX_DELIVERIES_PER_JOB, type SettlementQueue } from '../queue/settlement-queue.js';
import { DISPATCH_LEASE_S } from './store-deliveries.js';

/** Beyond this the workers have enough to do; asking for more would only pile up jobs. */
const MAX_WAITING_JOBS = 50;
/** One sweep fills at most this many jobs. */
const MAX_SWEPT = 10 * MAX_DELIVERIES_PER_JOB;
/** The queue's times come from other machines' clocks, which are taken to be no further apart. */
const CLOCK_SKEW_S = 5;
const LIMITS = { statementTimeoutMs: 10_000 };

/**
 * Takes deliveries that no job will settle: the lease ran out, and every job that waits was added after theirs, so theirs
 * is gone. A fresh lease keeps the next sweep away from them. Rows are named by their place: the work list is mostly empty, and a
 * planner that believes it to be so would join its two mentions by comparing each row with each.
 */
const TAKE = `
  UPDATE kakao_share.open_deliveries
  SET dispatched_at = coalesce($1, clock_timestamp()),
      leased_until = coalesce($1, clock_timestamp()) + make_interval(secs => ${DISPATCH_LEASE_S})
  WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM kakao_share.open_deliveries
    WHERE leased_until < coalesce($1, clock_timestamp())
      AND ($2::timestamptz IS NULL OR dispatched_at < $2 - make_interval(secs => ${CLOCK_SKEW_S}))
    ORDER BY leased_until, delivery_id LIMIT $3
    FOR UPDATE SKIP LOCKED))
  RETURNING delivery_id, attempts`;

/**
 * Queues deliveries that were committed but that no job will settle: after a lost queue, a full one, a killed process.
 *
 * @param now for tests; by default the database's own clock, which leases are measured by
 * @returns how many deliveries were queued again
 */
export async function sweep(
  database: Database,
  queue: SettlementQueue,
  now?: Date,
): Promise<number> {
  const { waiting, oldestWaitingAt } = await queue.backlog();
  const room = Math.min(MAX_SWEPT, (MAX_WAITING_JOBS - waiting) * MAX_DELIVERIES_PER_JOB);
  if (room <= 0) return 0;
  const taken = await database.transaction(LIMITS, (tx) =>
    tx.query<{ delivery_id: string; attempts: number }>(TAKE, [
      now ?? null,
      oldestWaitingAt ?? null,
      room,
    ]),
  );
  // One that was tried before may be the one that brought its worker down: it goes alone.
  const fresh = taken
    .filter(({ attempts }) => attempts === 0)
    .map((row) => row.delivery_id)
    .sort();
  const tried = taken.filter(({ attempts }) => attempts > 0).map((row) => [row.delivery_id]);
  const groups: string[][] = [...tried];
  for (let start = 0; start < fresh.length; start += MAX_DELIVERIES_PER_JOB) {
    groups.push(fresh.slice(start, start + MAX_DELIVERIES_PER_JOB));
  }
  if (groups.length > 0) await queue.add(groups);
  return taken.length;
}
