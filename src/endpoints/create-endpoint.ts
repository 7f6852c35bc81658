import { recordAudit } from '../audit/record-audit.js';
import type { Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { addDestinations } from '../relay/destinations.js';
import { TooManyEndpointsError } from './endpoint-errors.js';
import type { EndpointKeys } from './endpoint-keys.js';
import { destinationOf, type EndpointSettings } from './endpoint.js';

/** Each event is written once for each endpoint that hears of it, and each endpoint is asked for by every relay. */
const MAX_ENDPOINTS_PER_APP = 100;

/**
 * Makes an endpoint that hears of what happens from now on.
 * @returns its id, and its secret, which is told to nobody else and never again
 * @throws {TooManyEndpointsError} when the app has as many as it can have
 */
export async function createEndpoint(
  tx: Transaction,
  keys: EndpointKeys,
  { app, actor, ...settings }: EndpointSettings & { readonly app: string; readonly actor: string },
): Promise<{ readonly id: string; readonly secret: string }> {
  await limitEndpoints(tx, app);
  const id = newId();
  const newest = { generation: 1, keyFingerprint: keys.newest };
  const { url, types, description, includesRoomHash } = settings;
  await tx.query(
    `INSERT INTO kakao_share.event_endpoints (id, app, url, description, includes_room_hash) VALUES ($1, $2, $3, $4, $5)`,
    [id, app, url, description, includesRoomHash],
  );
  await tx.query(
    'INSERT INTO kakao_share.event_endpoint_secrets (endpoint_id, generation, key_fingerprint) VALUES ($1, $2, $3)',
    [id, newest.generation, newest.keyFingerprint],
  );
  await addDestinations(tx, [
    { name: destinationOf(id), kind: 'endpoint', app, ...(types === null ? {} : { types }) },
  ]);
  await recordAudit(tx, {
    ...{ actor, app, action: 'event-endpoint.create', target: id },
    after: settings,
  });
  return { id, secret: keys.secretOf(id, newest) };
}

/** Counted under a lock of the app: two that come at once must not both find a place. */
async function limitEndpoints(tx: Transaction, app: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `kakao-share event endpoints of ${app}`,
  ]);
  const [row] = await tx.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM kakao_share.event_endpoints WHERE app = $1',
    [app],
  );
  if ((row?.count ?? 0) >= MAX_ENDPOINTS_PER_APP)
    throw new TooManyEndpointsError(
      `The app has ${MAX_ENDPOINTS_PER_APP} event endpoints, as many as can be: delete some first.`,
    );
}
