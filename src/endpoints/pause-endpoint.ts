import { recordAudit } from '../audit/record-audit.js';
import type { Transaction } from '../database/database.js';
import { pauseDestination, resumeDestination } from '../relay/destinations.js';
import { destinationOf, lockEndpoint, type EndpointChange } from './endpoint.js';

/** Lets an endpoint's events wait from now on; one that is paused already keeps its reason. @throws {UnknownEndpointError} */
export async function pauseEndpoint(
  tx: Transaction,
  { endpointId, actor, reason }: EndpointChange,
): Promise<void> {
  const { id, app, isPaused } = await lockEndpoint(tx, endpointId);
  if (isPaused) return;
  await pauseDestination(tx, destinationOf(id), reason);
  await recordAudit(tx, { actor, app, action: 'event-endpoint.pause', target: id, reason });
}

/** Lets an endpoint's events flow again, at once, also where it only rested after a failure. @throws {UnknownEndpointError} */
export async function resumeEndpoint(
  tx: Transaction,
  { endpointId, actor, reason }: EndpointChange,
): Promise<void> {
  const { id, app } = await lockEndpoint(tx, endpointId);
  await resumeDestination(tx, destinationOf(id));
  await recordAudit(tx, { actor, app, action: 'event-endpoint.resume', target: id, reason });
}
