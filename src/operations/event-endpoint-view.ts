import { NotFoundException } from '@nestjs/common';
import type { Queryable } from '../database/database.js';
import { destinationOf } from '../endpoints/endpoint.js';
import { readDestinations, type DestinationStanding } from '../relay/destination-standing.js';
import type { Caller } from './caller.js';
import { timeOf } from './time-of.js';

/** An endpoint as callers see it; never its secret. */
export interface EventEndpointView {
  readonly id: string;
  readonly app: string;
  readonly url: string;
  /** Hears of these types alone; null: of everything of its app. */
  readonly types: readonly string[] | null;
  readonly description: string | null;
  readonly includeRoomHash: boolean;
  readonly createdAt: string;
  /** `active`, `failing`, `paused`, or `unserved` while no relay serves it. */
  readonly state: string;
  /** Since when it is in that state, where that is known. */
  readonly since: string | null;
  /** Why it is paused, or what went wrong last. */
  readonly reason: string | null;
  /** Events that wait, counted up to 10,000. */
  readonly waiting: number;
  /** Events that it would not take, counted up to 10,000. */
  readonly refused: number;
  /** When it is tried again, while it fails. */
  readonly retryAt: string | null;
  readonly lastDeliveredAt: string | null;
  /** The secrets that sign, newest first; null: it does not expire. */
  readonly secrets: readonly { readonly createdAt: string; readonly expiresAt: string | null }[];
}

export interface EndpointRow {
  readonly id: string;
  readonly app: string;
  readonly url: string;
  readonly description: string | null;
  readonly includes_room_hash: boolean;
  readonly created_at: Date;
  readonly secrets: readonly { readonly created_at: string; readonly expires_at: string | null }[];
}

export const SELECT_ENDPOINT = `
  SELECT e.id, e.app, e.url, e.description, e.includes_room_hash, e.created_at,
         (SELECT json_agg(json_build_object('created_at', s.created_at, 'expires_at', s.expires_at) ORDER BY s.generation DESC)
          FROM kakao_share.event_endpoint_secrets s
          WHERE s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > clock_timestamp())) AS secrets
  FROM kakao_share.event_endpoints e`;

/** Endpoints with how they do, in the same order. */
export async function showEndpoints(
  queryable: Queryable,
  rows: readonly EndpointRow[],
): Promise<EventEndpointView[]> {
  const names = rows.map(({ id }) => destinationOf(id));
  const standings = await readDestinations(queryable, { names });
  const byName = new Map(standings.map((standing) => [standing.name, standing]));
  return rows.flatMap((row) => {
    const standing = byName.get(destinationOf(row.id));
    return standing === undefined ? [] : [showEndpoint(row, standing)];
  });
}

/** An endpoint that the caller may see; of the others it learns nothing. */
export async function findEndpoint(
  queryable: Queryable,
  id: string,
  { apps }: Caller,
): Promise<EventEndpointView> {
  const rows = await queryable.query<EndpointRow>(`${SELECT_ENDPOINT} WHERE e.id = $1`, [id]);
  const [view] = await showEndpoints(queryable, rows);
  if (view === undefined || apps?.includes(view.app) === false)
    throw new NotFoundException('no such event endpoint');
  return view;
}

function showEndpoint(row: EndpointRow, standing: DestinationStanding): EventEndpointView {
  const { types, state, reason, waiting, refused } = standing;
  return {
    ...{ id: row.id, app: row.app, url: row.url, types, description: row.description },
    includeRoomHash: row.includes_room_hash,
    createdAt: row.created_at.toISOString(),
    state: state === 'ok' ? 'active' : state,
    since: timeOf(standing.since),
    ...{ reason, waiting, refused },
    retryAt: timeOf(standing.retry_at),
    lastDeliveredAt: timeOf(standing.last_published_at),
    secrets: row.secrets.map(({ created_at, expires_at }) => ({
      createdAt: new Date(created_at).toISOString(),
      expiresAt: expires_at === null ? null : new Date(expires_at).toISOString(),
    })),
  };
}
