import type { DomainEventType, ShareEvent } from './domain-event.js';
import type { EventTransport } from './transport.js';

/**
 * Hears of an event at least once, of one user's events one after another; one that throws hears of it again, and so do all
 * others. One that never returns stops the events of its user, and of the users of the same shard.
 */
export type ShareEventListener = (event: ShareEvent) => void | Promise<void>;

/**
 * Tells listeners in the process that runs the relay: the transport `in-process`.
 * Inject it in a host application and register listeners in a constructor or `onModuleInit`: the relay starts right after,
 * and what waits then is told to those that are there.
 */
export class ShareEvents implements EventTransport {
  readonly name = 'in-process';
  readonly batchSize = 1;
  readonly #listeners: { type: DomainEventType | '*'; listener: ShareEventListener }[] = [];

  /** Registers a listener for one type of event, or for all (`*`). */
  on(type: DomainEventType | '*', listener: ShareEventListener): void {
    this.#listeners.push({ type, listener });
  }

  async publish(events: readonly ShareEvent[], signal: AbortSignal): Promise<void> {
    for (const event of events) {
      signal.throwIfAborted();
      for (const { type, listener } of this.#listeners) {
        if (type === '*' || type === event.type) await listener(event);
      }
    }
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}
