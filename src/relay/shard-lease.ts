import type { Database } from '../database/database.js';
import type { EventRow } from '../events/domain-event.js';
import { nowIn } from './relay-clock.js';

/** The right to publish one destination's events of one shard; `token` goes stale when somebody else takes over. */
export interface ShardLease {
  readonly destination: string;
  readonly shard: number;
  readonly token: string;
  /** In a row, until now. */
  readonly failures: number;
  readonly failing_since: Date | null;
  readonly failed_at: Date | null;
  /** How many of the failures came after another shard had got on: then it is not the destination that is down. */
  readonly failed_alone: number;
}

/** How long a shard is held from now on, by whose clock. */
export interface LeaseTime {
  readonly leaseMs: number;
  readonly aheadMs: number;
}

export interface PendingEvent extends EventRow {
  readonly position: string;
  /** False where the destination has asked for fewer types since: it waits no longer. */
  readonly is_wanted: boolean;
}

/** How a shard stands after a success, as SQL. */
export const WELL =
  'failures = 0, failing_since = NULL, failed_at = NULL, failed_alone = 0, last_error = NULL';
const OPEN = 'd.paused_at IS NULL AND d.removed_at IS NULL';
const WAITS =
  'EXISTS (SELECT FROM kakao_share.outbox o WHERE (o.destination, o.shard) = (free.destination, free.shard))';

/** Takes a shard that has something to tell and that nobody is telling, none of `except`; or none. */
export async function takeShard(
  database: Database,
  destination: string,
  { except, leaseMs, aheadMs }: LeaseTime & { readonly except: readonly number[] },
): Promise<ShardLease | undefined> {
  const now = nowIn('$4');
  const [lease] = await database.query<ShardLease>(
    `UPDATE kakao_share.relay_leases l
     SET token = token + 1, leased_until = ${now} + make_interval(secs => $3::float8 / 1000)
     WHERE (destination, shard) = (
       SELECT free.destination, free.shard FROM kakao_share.relay_leases free
       JOIN kakao_share.destinations d ON d.name = free.destination AND ${OPEN}
       WHERE free.destination = $1 AND free.leased_until < ${now} AND free.retry_at < ${now}
         AND free.shard <> ALL ($2::smallint[]) AND ${WAITS}
       ORDER BY free.leased_until LIMIT 1 FOR UPDATE OF free SKIP LOCKED)
     RETURNING destination, shard, token, failures, failing_since, failed_at, failed_alone`,
    [destination, except, leaseMs, aheadMs],
  );
  return lease;
}

/** How long until a shard with something to tell may be taken, ms; undefined where none has. */
export async function readRest(
  database: Database,
  destination: string,
  { except, aheadMs }: { readonly except: readonly number[]; readonly aheadMs: number },
): Promise<number | undefined> {
  const [row] = await database.query<{ rest: number | null }>(
    // Each epoch by itself: a shard that was never leased is free since -infinity, from which Postgres 15 and 16 subtract no time.
    `SELECT ((extract(epoch FROM min(greatest(free.retry_at, free.leased_until))) - extract(epoch FROM ${nowIn('$3')})) * 1000)::float8 AS rest
     FROM kakao_share.relay_leases free JOIN kakao_share.destinations d ON d.name = free.destination AND ${OPEN}
     WHERE free.destination = $1 AND free.shard <> ALL ($2::smallint[]) AND ${WAITS}`,
    [destination, except, aheadMs],
  );
  return row?.rest ?? undefined;
}

/**
 * The next events of a leased shard, in the order of settlement; none once its destination is paused or removed, or somebody else
 * holds the shard. With the rooms of shares only where they are to be told.
 */
export async function readPending(
  database: Database,
  lease: ShardLease,
  limit: number,
  includesRoomHash: boolean,
): Promise<PendingEvent[]> {
  return database.query<PendingEvent>(
    `SELECT o.position, d.types IS NULL OR e.type = ANY(d.types) AS is_wanted, e.id, e.app, e.type, e.version, e.sequence, e.data, e.occurred_at, u.user_id,
            CASE WHEN $4::boolean AND e.type = 'kakao.share.recorded' THEN
              (SELECT s.room_hash FROM kakao_share.shares s WHERE s.id = (e.data->>'deliveryId')::uuid) END AS room_hash
     FROM kakao_share.outbox o
     JOIN kakao_share.destinations d ON d.name = o.destination AND ${OPEN}
     JOIN kakao_share.relay_leases l ON (l.destination, l.shard, l.token) = (o.destination, o.shard, $5::bigint)
     JOIN kakao_share.events e ON e.id = o.event_id
     LEFT JOIN kakao_share.users u ON u.id = e.user_ref
     WHERE o.destination = $1 AND o.shard = $2 ORDER BY o.position LIMIT $3`,
    [lease.destination, lease.shard, limit, includesRoomHash, lease.token],
  );
}

/** Records what was published and extends the lease. @returns false when somebody else holds the shard by now */
export async function confirmPublished(
  database: Database,
  lease: ShardLease,
  published: readonly PendingEvent[],
  { leaseMs, aheadMs }: LeaseTime,
): Promise<boolean> {
  const [row] = await database.query<{ held: boolean }>(
    `WITH held AS (
       UPDATE kakao_share.relay_leases
       SET leased_until = ${nowIn('$6')} + make_interval(secs => $5::float8 / 1000), last_published_at = ${nowIn('$6')},
           ${WELL}
       WHERE destination = $1 AND shard = $2 AND token = $3 RETURNING shard),
     told AS (
       DELETE FROM kakao_share.outbox
       WHERE destination = $1 AND shard = $2 AND position = ANY($4) AND EXISTS (SELECT FROM held))
     SELECT EXISTS (SELECT FROM held) AS held`,
    [
      lease.destination,
      lease.shard,
      lease.token,
      published.map(({ position }) => position),
      leaseMs,
      aheadMs,
    ],
  );
  return row?.held === true;
}

/** A failure to be kept with the shard. */
export interface KeptFailure {
  readonly error: string;
  readonly restMs: number;
  readonly failedAlone: number;
}

/** Gives a shard back, to be told again after a rest if telling failed. */
export async function giveShardBack(
  database: Database,
  lease: ShardLease,
  aheadMs: number,
  failure?: KeptFailure,
): Promise<void> {
  const now = nowIn('$4');
  // Its lease ends now rather than never having been, so that the shard which rested longest comes next.
  const fenced = 'destination = $1 AND shard = $2 AND token = $3';
  if (failure === undefined) {
    await database.query(
      `UPDATE kakao_share.relay_leases SET leased_until = ${now} WHERE ${fenced}`,
      [lease.destination, lease.shard, lease.token, aheadMs],
    );
    return;
  }
  await database.query(
    `UPDATE kakao_share.relay_leases
     SET leased_until = ${now}, retry_at = ${now} + make_interval(secs => $5::float8 / 1000), last_error = $6,
         failures = failures + 1, failing_since = coalesce(failing_since, ${now}), failed_at = ${now}, failed_alone = $7
     WHERE ${fenced}`,
    [
      ...[lease.destination, lease.shard, lease.token, aheadMs],
      ...[failure.restMs, failure.error, failure.failedAlone],
    ],
  );
}

/** What waits of events that are no more: they were forgotten while somebody asked for them again. */
export async function dropForgotten(database: Database, lease: ShardLease): Promise<void> {
  await database.query(
    `DELETE FROM kakao_share.outbox o WHERE destination = $1 AND shard = $2
     AND NOT EXISTS (SELECT FROM kakao_share.events e WHERE e.id = o.event_id)`,
    [lease.destination, lease.shard],
  );
}
