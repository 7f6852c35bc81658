import type { DomainEventType, ShareEvent } from '../events/domain-event.js';
import type { Audience, EventTransport } from '../relay/event-transport.js';

/** A method of the host application that hears of events. */
export interface ShareEventHandler {
  /** Its destination. */
  readonly name: string;
  /** Undefined: all. */
  readonly types: readonly DomainEventType[] | undefined;
  handle(event: ShareEvent): unknown;
}

/** Tells one handler: where it throws or hangs, it alone waits. */
export class HandlerTransport implements EventTransport {
  /** A failure costs no event that went before it. */
  readonly batchSize = 1;
  /** So that a slow event of one user does not hold up everybody. */
  readonly parallelShards = 4;
  readonly name: string;
  readonly audience: Audience;
  includesRoomHash = false;

  constructor(private readonly handler: ShareEventHandler) {
    const { name, types } = handler;
    this.name = name;
    this.audience = { kind: 'handler', ...(types === undefined ? {} : { types }) };
  }

  async connect(): Promise<void> {
    // It is in this process.
  }

  async publish(events: readonly ShareEvent[], signal: AbortSignal): Promise<void> {
    for (const event of events) {
      signal.throwIfAborted();
      await this.handler.handle(event);
    }
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}
