import type { Transaction } from '../database/database.js';
import { readClock } from '../database/read-clock.js';
import { recordEvents } from '../events/record-events.js';
import type { Pause } from '../relay/event-transport.js';
import type { ServedEndpoint } from './endpoint.js';

/** Others of the company hear that a relay paused an endpoint, in the transaction that pauses. */
export async function tellPause(
  tx: Transaction,
  { id: endpointId, app }: ServedEndpoint,
  { since, reason }: Pause,
): Promise<void> {
  const now = await readClock(tx);
  await recordEvents(tx, [
    {
      ...{ type: 'event-endpoint.paused', app, userRef: undefined, occurredAt: now },
      data: {
        ...{ endpointId, app, since: now.toISOString() },
        reason: `failing since ${since.toISOString()}: ${reason}`,
      },
    },
  ]);
}
