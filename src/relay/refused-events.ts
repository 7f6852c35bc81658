import type { Queryable, Transaction } from '../database/database.js';
import { nowIn } from './relay-clock.js';
import { WELL, type LeaseTime, type PendingEvent, type ShardLease } from './shard-lease.js';

/** An event that a destination would not take. */
export interface RefusedEvent {
  readonly id: string;
  readonly reason: string;
  readonly refused_at: Date;
}

/**
 * Puts an event of a leased shard aside, so that later ones go on, and extends the lease.
 * @returns false when somebody else holds the shard by now
 */
export async function setAside(
  tx: Transaction,
  lease: ShardLease,
  { event, reason }: { readonly event: PendingEvent; readonly reason: string },
  { leaseMs, aheadMs }: LeaseTime,
): Promise<boolean> {
  const held = await tx.query(
    `UPDATE kakao_share.relay_leases
     SET leased_until = ${nowIn('$5')} + make_interval(secs => $4::float8 / 1000),
         ${WELL}
     WHERE destination = $1 AND shard = $2 AND token = $3 RETURNING shard`,
    [lease.destination, lease.shard, lease.token, leaseMs, aheadMs],
  );
  if (held.length === 0) return false;
  await tx.query(
    'DELETE FROM kakao_share.outbox WHERE destination = $1 AND shard = $2 AND position = $3',
    [lease.destination, lease.shard, event.position],
  );
  await tx.query(
    `INSERT INTO kakao_share.refused_events (destination, event_id, shard, reason) VALUES ($1, $2, $3, $4)
     ON CONFLICT (destination, event_id) DO UPDATE SET reason = excluded.reason, refused_at = excluded.refused_at`,
    [lease.destination, event.id, lease.shard, reason],
  );
  return true;
}

/** What a destination refused, newest event first, those older than `before`. */
export async function readRefused(
  queryable: Queryable,
  destination: string,
  limit: number,
  before?: string,
): Promise<RefusedEvent[]> {
  return queryable.query(
    `SELECT event_id AS id, reason, refused_at FROM kakao_share.refused_events
     WHERE destination = $1 AND ($2::uuid IS NULL OR event_id < $2) ORDER BY event_id DESC LIMIT $3`,
    [destination, before ?? null, limit],
  );
}

/** Of a destination $1 those of $2, or any, the oldest $3. */
const CHOSEN = `
  DELETE FROM kakao_share.refused_events WHERE (destination, event_id) IN (
    SELECT destination, event_id FROM kakao_share.refused_events
    WHERE destination = $1 AND ($2::uuid[] IS NULL OR event_id = ANY($2)) ORDER BY event_id LIMIT $3)
  RETURNING destination, shard, event_id`;

/** Gives refused events up, oldest first. @returns how many, at most `limit` */
export async function discardRefused(
  tx: Transaction,
  destination: string,
  eventIds: readonly string[] | undefined,
  limit: number,
): Promise<number> {
  return (await tx.query(CHOSEN, [destination, eventIds ?? null, limit])).length;
}

/**
 * Sends refused events to their destination again, oldest first. They come after whatever waits there now: out of their users'
 * order, of which `sequence` tells.
 * @param eventIds undefined: any
 * @returns how many, at most `limit`
 */
export async function resendRefused(
  tx: Transaction,
  destination: string,
  eventIds: readonly string[] | undefined,
  limit: number,
): Promise<number> {
  const again = await tx.query(
    `WITH again AS (${CHOSEN})
     INSERT INTO kakao_share.outbox (destination, shard, event_id)
     SELECT destination, shard, event_id FROM again ORDER BY event_id RETURNING event_id`,
    [destination, eventIds ?? null, limit],
  );
  return again.length;
}
