import { recordAudit } from '../audit/record-audit.js';
import type { Transaction } from '../database/database.js';
import { addDestinations } from '../relay/destinations.js';
import {
  destinationOf,
  lockEndpoint,
  type EndpointChange,
  type EndpointSettings,
} from './endpoint.js';

/**
 * Other settings from the next attempt on; what is left out stays. Other types hold for what happens from now on: what waits
 * already is still sent.
 * @throws {UnknownEndpointError}
 */
export async function changeEndpoint(
  tx: Transaction,
  { endpointId, actor, reason }: EndpointChange,
  changes: Partial<EndpointSettings>,
): Promise<void> {
  const { id, app, settings: before } = await lockEndpoint(tx, endpointId);
  const after = { ...before, ...changes };
  const { url, types, description, includesRoomHash } = after;
  await tx.query(
    'UPDATE kakao_share.event_endpoints SET url = $2, description = $3, includes_room_hash = $4 WHERE id = $1',
    [id, url, description, includesRoomHash],
  );
  await addDestinations(tx, [
    { name: destinationOf(id), kind: 'endpoint', app, ...(types === null ? {} : { types }) },
  ]);
  await recordAudit(tx, {
    ...{ actor, app, action: 'event-endpoint.change', target: id, reason },
    ...{ before, after },
  });
}
