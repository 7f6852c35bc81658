import type { Queryable } from '../database/database.js';
import type { Audience } from './event-transport.js';

/** How a destination does. */
export type DestinationState =
  'ok' | 'failing' | 'unreachable' | 'unserved' | 'paused' | 'removing';

/** A destination as operators see it. */
export interface DestinationStanding {
  readonly name: string;
  readonly kind: Audience['kind'];
  readonly app: string | null;
  readonly types: readonly string[] | null;
  readonly created_at: Date;
  readonly state: DestinationState;
  /** No relay has served it for a while, whatever its state says first. */
  readonly is_unserved: boolean;
  /** Since when it is in that state, where that is known. */
  readonly since: Date | null;
  /** Why it was paused, or what went wrong last. */
  readonly reason: string | null;
  /** How many events wait, counted up to `MAX_COUNTED`. */
  readonly waiting: number;
  /** When the first of them was recorded. */
  readonly waiting_since: Date | null;
  readonly refused: number;
  /** When it is tried again, while it fails. */
  readonly retry_at: Date | null;
  readonly last_published_at: Date | null;
}

/** Beyond that nobody needs the number, and counting takes long. */
export const MAX_COUNTED = 10_000;
/** Relays say every quarter of a minute that they serve it; this is long enough for a restart. */
const UNSERVED_AFTER_S = 120;
/** More than anybody runs. */
const MAX_LISTED = 500;

const IS_UNSERVED = `greatest(d.served_at, d.created_at) < clock_timestamp() - make_interval(secs => ${UNSERVED_AFTER_S})`;

/** The state of a destination `d`, with the standing of its shards `l`. */
const STATE = `
  CASE WHEN d.removed_at IS NOT NULL THEN 'removing'
       WHEN d.paused_at IS NOT NULL THEN 'paused'
       WHEN ${IS_UNSERVED} THEN 'unserved'
       WHEN d.unreachable_since IS NOT NULL THEN 'unreachable'
       WHEN l.failing_since IS NOT NULL THEN 'failing'
       ELSE 'ok' END`;

const SHARDS_STANDING = `
  CROSS JOIN LATERAL (
    SELECT min(failing_since) AS failing_since, max(last_published_at) AS last_published_at,
           min(retry_at) FILTER (WHERE failing_since IS NOT NULL) AS retry_at,
           (array_agg(last_error ORDER BY failed_at DESC) FILTER (WHERE failing_since IS NOT NULL))[1] AS last_error
    FROM kakao_share.relay_leases WHERE destination = d.name) l`;

/** How destinations do, by name: those of these kinds, or the one of this name. */
export async function readDestinations(
  queryable: Queryable,
  which: { readonly kinds: readonly Audience['kind'][] } | { readonly names: readonly string[] },
): Promise<DestinationStanding[]> {
  return queryable.query(
    `SELECT d.name, d.kind, d.app, d.types, d.created_at, s.state, ${IS_UNSERVED} AS is_unserved, l.retry_at, l.last_published_at,
       CASE s.state WHEN 'removing' THEN d.removed_at WHEN 'paused' THEN d.paused_at WHEN 'unserved' THEN d.served_at
                    WHEN 'unreachable' THEN d.unreachable_since WHEN 'failing' THEN l.failing_since END AS since,
       CASE s.state WHEN 'paused' THEN d.paused_because WHEN 'unreachable' THEN d.unreachable_because
                    WHEN 'failing' THEN l.last_error END AS reason,
       (SELECT count(*) FROM (SELECT FROM kakao_share.outbox o WHERE o.destination = d.name LIMIT ${MAX_COUNTED}) w)::integer AS waiting,
       (SELECT min(e.recorded_at) FROM kakao_share.relay_leases shard CROSS JOIN LATERAL (
          SELECT event_id FROM kakao_share.outbox o WHERE (o.destination, o.shard) = (shard.destination, shard.shard)
          ORDER BY position LIMIT 1) first JOIN kakao_share.events e ON e.id = first.event_id
        WHERE shard.destination = d.name) AS waiting_since,
       (SELECT count(*) FROM (SELECT FROM kakao_share.refused_events r WHERE r.destination = d.name LIMIT ${MAX_COUNTED}) r)::integer AS refused
     FROM kakao_share.destinations d ${SHARDS_STANDING} CROSS JOIN LATERAL (SELECT ${STATE} AS state) s
     WHERE ($1::text[] IS NULL OR d.kind = ANY($1)) AND ($2::text[] IS NULL OR d.name = ANY($2))
     ORDER BY d.name LIMIT ${MAX_LISTED}`,
    ['kinds' in which ? which.kinds : null, 'names' in which ? which.names : null],
  );
}

/**
 * Transports and handlers that are not well, by name. Endpoints are other people's: how they do says nothing of this service,
 * but whether a relay calls them does, and stands under `webhooks`.
 */
export async function readTroubles(
  queryable: Queryable,
): Promise<Readonly<Record<string, DestinationState>>> {
  const rows = await queryable.query<{ name: string; state: DestinationState }>(
    `SELECT d.name, s.state FROM kakao_share.destinations d ${SHARDS_STANDING} CROSS JOIN LATERAL (SELECT ${STATE} AS state) s
     WHERE d.kind <> 'endpoint' AND s.state NOT IN ('ok', 'removing')
     UNION ALL
     SELECT 'webhooks', 'unserved' WHERE EXISTS (
       SELECT FROM kakao_share.destinations d WHERE d.kind = 'endpoint' AND d.removed_at IS NULL AND ${IS_UNSERVED})
     ORDER BY 1 LIMIT ${MAX_LISTED}`,
  );
  return Object.fromEntries(rows.map(({ name, state }) => [name, state]));
}
