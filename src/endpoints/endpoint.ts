import type { Queryable, Transaction } from '../database/database.js';
import type { DomainEventType } from '../events/domain-event.js';
import { UnknownEndpointError } from './endpoint-errors.js';

/** What somebody decides about an endpoint. */
export interface EndpointSettings {
  readonly url: string;
  /** What it hears of; null: everything of its app. */
  readonly types: readonly DomainEventType[] | null;
  readonly description: string | null;
  /** Whether it is told which room a share went to. */
  readonly includesRoomHash: boolean;
}

/** An endpoint as it stands, held so that nobody else changes it. */
export interface LockedEndpoint {
  readonly id: string;
  readonly app: string;
  readonly isPaused: boolean;
  readonly settings: EndpointSettings;
}

/** Who changes an endpoint, and why. */
export interface EndpointChange {
  readonly endpointId: string;
  readonly actor: string;
  readonly reason: string;
}

/** The destination that an endpoint is. */
export function destinationOf(endpointId: string): string {
  return `endpoint:${endpointId}`;
}

/** @throws {UnknownEndpointError} */
export async function lockEndpoint(tx: Transaction, id: string): Promise<LockedEndpoint> {
  const [row] = await tx.query<Omit<LockedEndpoint, 'settings'> & EndpointSettings>(
    `SELECT e.id, e.app, e.url, e.description, e.includes_room_hash AS "includesRoomHash", d.types,
            d.paused_at IS NOT NULL AS "isPaused"
     FROM kakao_share.event_endpoints e JOIN kakao_share.destinations d ON d.name = 'endpoint:' || e.id
     WHERE e.id = $1 FOR NO KEY UPDATE OF e`,
    [id],
  );
  if (row === undefined) throw new UnknownEndpointError();
  const { app, isPaused, url, types, description, includesRoomHash } = row;
  // As it is stored: a caller may write it in capitals, and its secrets and its destination are named after it.
  return { id: row.id, app, isPaused, settings: { url, types, description, includesRoomHash } };
}

/** What a relay needs to know of an endpoint before it has something to tell. */
export interface ServedEndpoint {
  readonly id: string;
  readonly app: string;
  readonly includesRoomHash: boolean;
}

/** All endpoints of all apps. */
export async function readEndpoints(queryable: Queryable): Promise<ServedEndpoint[]> {
  return queryable.query(
    'SELECT id, app, includes_room_hash AS "includesRoomHash" FROM kakao_share.event_endpoints ORDER BY id',
  );
}
