import {
  DestinationUnavailableError,
  type Audience,
  type EventTransport,
} from './event-transport.js';
import type { PendingEvent } from './shard-lease.js';
import type { Progress } from './shard-publisher.js';

/** Another version of this destination hears of an event that this one does not ask for: it waits for a process that runs the other. */
export class OlderHandlerError extends DestinationUnavailableError {
  readonly code = 'KAKAO_SHARE_OLDER_HANDLER';
  override readonly name = 'OlderHandlerError';

  constructor(destination: string) {
    super(
      `${destination} hears of fewer types here than in another process: what only that one knows waits for it. After a rollback, restart ` +
        'this process.',
    );
  }
}

/**
 * Publishes up to the first event that this process' version of the destination does not ask for. That one waits, and what comes
 * after it, as their order is a promise: who does not know an event may well take it for told.
 */
export async function publishAsked(
  { name, audience }: Pick<EventTransport, 'name' | 'audience'>,
  wanted: readonly PendingEvent[],
  publish: (asked: readonly PendingEvent[]) => Promise<Progress>,
): Promise<Progress> {
  const unasked = wanted.findIndex((event) => !asksFor(audience, event));
  if (unasked === -1) return publish(wanted);
  const progress = await publish(wanted.slice(0, unasked));
  if (progress.failure !== undefined || progress.published.length < unasked) return progress;
  const part = wanted.slice(unasked, unasked + 1);
  return { ...progress, failure: { error: new OlderHandlerError(name), part } };
}

function asksFor(audience: Audience | undefined, { type }: PendingEvent): boolean {
  return audience?.types?.includes(type) ?? true;
}
