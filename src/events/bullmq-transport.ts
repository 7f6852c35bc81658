import type { JobQueue, QueueStore } from '../queue/queue-store.js';
import type { ShareEvent } from './domain-event.js';
import type { EventTransport } from './transport.js';

/** Others consume this queue; its jobs are named by event type and carry the CloudEvent. */
export const DOMAIN_EVENTS_QUEUE = 'domain-events';
/** A queue that nobody consumes must not fill the store that settlement needs. */
const MAX_WAITING_EVENTS = 10_000;

/** The queue is full: nobody consumes it, or too slowly. The events stay in the outbox. */
export class DestinationFullError extends Error {
  readonly code = 'KAKAO_SHARE_DESTINATION_FULL';
  override readonly name = 'DestinationFullError';
}

/** Publishes to a bounded BullMQ queue. The event's id is the job's, so a repeat that still waits is added once. */
export class BullmqTransport implements EventTransport {
  readonly name = 'bullmq';
  readonly batchSize = 100;
  #queue: JobQueue<ShareEvent> | undefined;

  constructor(
    private readonly store: QueueStore,
    private readonly maxWaiting = MAX_WAITING_EVENTS,
  ) {}

  async publish(events: readonly ShareEvent[], signal: AbortSignal): Promise<void> {
    this.#queue ??= await this.store.openQueue<ShareEvent>(DOMAIN_EVENTS_QUEUE);
    const counts = await this.#queue.getJobCounts('waiting', 'prioritized', 'delayed');
    const waiting = Object.values(counts).reduce((sum, count) => sum + count, 0);
    if (waiting + events.length > this.maxWaiting) {
      throw new DestinationFullError(
        `${waiting} events wait in the queue ${DOMAIN_EVENTS_QUEUE}, of at most ${this.maxWaiting}: start a consumer, ` +
          'or leave "bullmq" out of EVENT_TRANSPORTS.',
      );
    }
    signal.throwIfAborted();
    await this.#queue.addBulk(
      events.map((event) => ({
        name: event.type,
        data: event,
        opts: { jobId: event.id, removeOnComplete: true, removeOnFail: { age: 7 * 24 * 3600 } },
      })),
    );
  }

  async close(): Promise<void> {
    await this.#queue?.close();
  }
}
