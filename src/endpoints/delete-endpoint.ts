import { recordAudit } from '../audit/record-audit.js';
import type { Transaction } from '../database/database.js';
import { removeDestination } from '../relay/destinations.js';
import { destinationOf, lockEndpoint, type EndpointChange } from './endpoint.js';

/**
 * Removes an endpoint, what waits for it and its secrets; an attempt that has begun may still arrive.
 * @throws {UnknownEndpointError}
 */
export async function deleteEndpoint(
  tx: Transaction,
  { endpointId, actor, reason }: EndpointChange,
): Promise<void> {
  const { id, app, settings } = await lockEndpoint(tx, endpointId);
  await tx.query('DELETE FROM kakao_share.event_endpoints WHERE id = $1', [id]);
  await removeDestination(tx, destinationOf(id));
  await recordAudit(tx, {
    ...{ actor, app, action: 'event-endpoint.delete', target: id, reason },
    before: settings,
  });
}
