import type { Queryable } from '../database/database.js';
import { UnknownEndpointError } from './endpoint-errors.js';
import type { EndpointSecret } from './endpoint-keys.js';

/** Where an endpoint is at the moment, and what signs for it, newest first. @throws {UnknownEndpointError} once it is deleted */
export async function readSending(
  queryable: Queryable,
  id: string,
): Promise<{ readonly url: URL; readonly secrets: readonly EndpointSecret[] }> {
  const [row] = await queryable.query<{ url: string; secrets: EndpointSecret[] }>(
    `SELECT e.url,
            (SELECT json_agg(json_build_object('generation', s.generation, 'keyFingerprint', s.key_fingerprint)
                             ORDER BY s.generation DESC)
             FROM kakao_share.event_endpoint_secrets s
             WHERE s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > clock_timestamp())) AS secrets
     FROM kakao_share.event_endpoints e WHERE e.id = $1`,
    [id],
  );
  if (row === undefined) throw new UnknownEndpointError();
  return { url: new URL(row.url), secrets: row.secrets };
}
