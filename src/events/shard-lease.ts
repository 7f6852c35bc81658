import type { Database } from '../database/database.js';
import type { EventRow } from './domain-event.js';

/** A dead relay's shards wait this long for another one. What happens between two confirmations is given less. */
const LEASE_S = 30;
const LIMITS = { statementTimeoutMs: 10_000 };

/** The right to publish one destination's events of one shard; `token` goes stale when somebody else takes over. */
export interface ShardLease {
  readonly destination: string;
  readonly shard: number;
  readonly token: string;
  readonly failures: number;
}

export interface PendingEvent extends EventRow {
  readonly position: string;
}

/** Takes a shard that has something to tell and that nobody is telling, none of `except`; or none. */
export async function takeShard(
  database: Database,
  destination: string,
  except: readonly number[],
): Promise<ShardLease | undefined> {
  const [lease] = await database.query<ShardLease>(
    `UPDATE kakao_share.relay_leases l
     SET token = token + 1, leased_until = clock_timestamp() + make_interval(secs => ${LEASE_S})
     WHERE (destination, shard) = (
       SELECT destination, shard FROM kakao_share.relay_leases free
       WHERE destination = $1 AND leased_until < clock_timestamp() AND retry_at < clock_timestamp()
         AND shard <> ALL ($2::smallint[])
         AND EXISTS (SELECT FROM kakao_share.outbox o WHERE (o.destination, o.shard) = (free.destination, free.shard))
       ORDER BY leased_until LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING destination, shard, token, failures`,
    [destination, except],
  );
  return lease;
}

/** The next events of a leased shard, in the order of settlement. */
export async function readPending(
  database: Database,
  lease: ShardLease,
  limit: number,
): Promise<PendingEvent[]> {
  return database.query<PendingEvent>(
    `SELECT o.position, e.id, e.app, e.type, e.sequence, e.data, e.occurred_at, u.user_id
     FROM kakao_share.outbox o
     JOIN kakao_share.events e ON e.id = o.event_id
     LEFT JOIN kakao_share.users u ON u.id = e.user_ref
     WHERE o.destination = $1 AND o.shard = $2 ORDER BY o.position LIMIT $3`,
    [lease.destination, lease.shard, limit],
  );
}

/** Records what was published and extends the lease. @returns false when somebody else holds the shard by now */
export async function confirmPublished(
  database: Database,
  lease: ShardLease,
  published: readonly PendingEvent[],
): Promise<boolean> {
  return database.transaction(LIMITS, async (tx) => {
    const held = await tx.query(
      `UPDATE kakao_share.relay_leases
       SET leased_until = clock_timestamp() + make_interval(secs => ${LEASE_S}), failures = 0, last_error = NULL
       WHERE destination = $1 AND shard = $2 AND token = $3 RETURNING token`,
      [lease.destination, lease.shard, lease.token],
    );
    if (held.length === 0) return false;
    await tx.query(
      'DELETE FROM kakao_share.outbox WHERE destination = $1 AND shard = $2 AND position = ANY($3)',
      [lease.destination, lease.shard, published.map(({ position }) => position)],
    );
    return true;
  });
}

/** Gives a shard back, to be told again after `retryMs` if telling failed. */
export async function giveShardBack(
  database: Database,
  lease: ShardLease,
  failure?: { readonly error: string; readonly retryMs: number },
): Promise<void> {
  await database.query(
    `UPDATE kakao_share.relay_leases
     SET leased_until = clock_timestamp(), -- so that the shard which rested longest comes next
         retry_at = CASE WHEN $4::text IS NULL THEN '-infinity' ELSE clock_timestamp() + make_interval(secs => $5::float8 / 1000) END,
         failures = CASE WHEN $4::text IS NULL THEN 0 ELSE failures + 1 END,
         last_error = $4
     WHERE destination = $1 AND shard = $2 AND token = $3`,
    [lease.destination, lease.shard, lease.token, failure?.error ?? null, failure?.retryMs ?? 0],
  );
}
