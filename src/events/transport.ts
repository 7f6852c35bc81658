import type { ShareEvent } from './domain-event.js';

/** A way out for events. Its name is its destination: progress is kept under it. */
export interface EventTransport {
  readonly name: string;
  /**
   * Hands events over, in order; resolves when all are safe on the other side.
   * @throws when that is not known for all of them: all come again.
   */
  publish(events: readonly ShareEvent[]): Promise<void>;
  close(): Promise<void>;
}
