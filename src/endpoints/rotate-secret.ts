import { recordAudit } from '../audit/record-audit.js';
import type { Transaction } from '../database/database.js';
import { EndpointConflictError } from './endpoint-errors.js';
import type { EndpointKeys } from './endpoint-keys.js';
import { lockEndpoint, type EndpointChange } from './endpoint.js';

/** Each is a signature in every request: the newest, the one before, and one for who rotates again in a hurry. */
const MAX_LIVE_SECRETS = 3;

/** A new secret, in the only place where it is shown. */
export interface RotatedSecret {
  readonly secret: string;
  /** Until then both sign. */
  readonly previousExpiresAt: Date;
}

/**
 * Signs with a new secret, derived from the newest key, and with the ones before it for so many hours more. With 0 hours they
 * count no longer from the next attempt on: the way out when one was seen by others.
 * @throws {UnknownEndpointError}
 * @throws {EndpointConflictError} while too many secrets overlap
 */
export async function rotateSecret(
  tx: Transaction,
  keys: EndpointKeys,
  { endpointId, actor, reason, overlapHours }: EndpointChange & { readonly overlapHours: number },
): Promise<RotatedSecret> {
  const { id, app } = await lockEndpoint(tx, endpointId);
  const previous = await expireSecrets(tx, id, overlapHours);
  const newest = { generation: previous.generation + 1, keyFingerprint: keys.newest };
  await tx.query(
    'INSERT INTO kakao_share.event_endpoint_secrets (endpoint_id, generation, key_fingerprint) VALUES ($1, $2, $3)',
    [id, newest.generation, newest.keyFingerprint],
  );
  await recordAudit(tx, {
    ...{ actor, app, action: 'event-endpoint.rotate-secret', target: id, reason },
    after: { generation: newest.generation, overlapHours },
  });
  return { secret: keys.secretOf(id, newest), previousExpiresAt: previous.expiresAt };
}

/** Lets none of the secrets count for longer than the overlap, and drops those that count no more. @returns the newest of them */
async function expireSecrets(
  tx: Transaction,
  endpointId: string,
  overlapHours: number,
): Promise<{ readonly generation: number; readonly expiresAt: Date }> {
  const expiring = await tx.query<{ generation: number; expiresAt: Date }>(
    `UPDATE kakao_share.event_endpoint_secrets
     SET expires_at = least(expires_at, clock_timestamp() + make_interval(hours => $2)) WHERE endpoint_id = $1
     RETURNING generation, expires_at AS "expiresAt"`,
    [endpointId, overlapHours],
  );
  const [newest] = expiring.sort((one, other) => other.generation - one.generation);
  if (newest === undefined) throw new Error('The endpoint has no secret.');
  const dropped = await tx.query(
    'DELETE FROM kakao_share.event_endpoint_secrets WHERE endpoint_id = $1 AND expires_at <= clock_timestamp() RETURNING generation',
    [endpointId],
  );
  if (expiring.length - dropped.length >= MAX_LIVE_SECRETS)
    throw new EndpointConflictError(
      `${MAX_LIVE_SECRETS} secrets count at the moment: wait until one expires, or end them all with overlapHours 0.`,
    );
  return newest;
}
