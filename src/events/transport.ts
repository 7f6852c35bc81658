import type { ShareEvent } from './domain-event.js';

/** A way out for events. Its name is its destination: progress is kept under it. */
export interface EventTransport {
  readonly name: string;
  /**
   * How many events one call of `publish` takes at most: as many as are safe on the other side, or not, together. What is
   * told one by one takes one, so that a failure or a slow listener costs no event that went before it.
   */
  readonly batchSize: number;
  /**
   * Hands events over, in order; resolves when all are safe on the other side. For one shard of users it is called again only
   * after it has returned, however long that takes: one that never does stops that shard in this process.
   * @param signal aborted when the time is up: no event that is not begun must be begun. One that is begun may be finished,
   *   and to resolve still counts.
   * @throws when that is not known for all of them: all come again.
   */
  publish(events: readonly ShareEvent[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
