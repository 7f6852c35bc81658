import type { DomainEventType, ShareEvent } from '../events/domain-event.js';
import type { EventTransport } from '../relay/event-transport.js';

/**
 * Hears of an event at least once, of one user's events one after another; one that throws hears of it again, and so do all
 * others. One that never returns stops the events of its user, and of the users of the same shard.
 */
export type ShareEventListener<Name extends DomainEventType = DomainEventType> = (
  event: ShareEvent<Name>,
) => void | Promise<void>;

/**
 * Tells listeners in the process that runs the relay: the transport `in-process`.
 * Inject it in a host application and register listeners in a constructor or `onModuleInit`: the relay starts right after,
 * and what waits then is told to those that are there. They share one progress: for one of its own, see `OnShareEvent`.
 */
export class ShareEvents implements EventTransport {
  readonly name = 'in-process';
  readonly batchSize = 1;
  readonly #listeners: ShareEventListener[] = [];

  /** Registers a listener for one type of event, or for all (`*`). */
  on<Name extends DomainEventType>(type: Name | '*', listener: ShareEventListener<Name>): void {
    const isForIt = (event: ShareEvent): event is ShareEvent<Name> =>
      type === '*' || type === event.type;
    this.#listeners.push((event) => (isForIt(event) ? listener(event) : undefined));
  }

  async connect(): Promise<void> {
    // Listeners are in this process.
  }

  async publish(events: readonly ShareEvent[], signal: AbortSignal): Promise<void> {
    for (const event of events) {
      signal.throwIfAborted();
      for (const listener of this.#listeners) await listener(event);
    }
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}
