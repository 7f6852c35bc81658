import { recordAudit } from '../audit/record-audit.js';
import type { Transaction } from '../database/database.js';
import { discardRefused } from '../relay/refused-events.js';
import { destinationOf, lockEndpoint, type EndpointChange } from './endpoint.js';

/**
 * Gives events up that an endpoint would not take, oldest first.
 * @param eventIds undefined: any
 * @returns how many, at most `limit`
 * @throws {UnknownEndpointError}
 */
export async function discardEvents(
  tx: Transaction,
  { endpointId, actor, reason }: EndpointChange,
  eventIds: readonly string[] | undefined,
  limit: number,
): Promise<number> {
  const { id, app } = await lockEndpoint(tx, endpointId);
  const discarded = await discardRefused(tx, destinationOf(id), eventIds, limit);
  await recordAudit(tx, {
    ...{ actor, app, action: 'event-endpoint.discard', target: id, reason },
    after: { eventIds, discarded },
  });
  return discarded;
}
