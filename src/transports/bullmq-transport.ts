import type { JobQueue, QueueStore } from '../queue/queue-store.js';
import type { ShareEvent } from '../events/domain-event.js';
import { DestinationUnreachableError } from './broker-errors.js';
import { DestinationUnavailableError, type EventTransport } from '../relay/event-transport.js';

/** Others consume this queue; its jobs are named by event type and carry the CloudEvent. */
export const DOMAIN_EVENTS_QUEUE = 'domain-events';
/** A queue that nobody consumes must not fill the store that settlement needs. */
const MAX_WAITING_EVENTS = 10_000;
/** Less than a relay waits for it. */
const CLOSE_LIMIT_MS = 1_000;
const REMEDY = 'check REDIS_URL, or the Postgres that has the queue';

/** Of what the consumer failed, for a person to look at: a week, and few enough beside what waits. */
const FAILED_KEPT = { age: 7 * 24 * 3600, count: 1_000 };

/** The queue is full: nobody consumes it, or too slowly. The events stay in the outbox. */
export class DestinationFullError extends DestinationUnavailableError {
  readonly code = 'KAKAO_SHARE_DESTINATION_FULL';
  override readonly name = 'DestinationFullError';
}

/** Publishes to a bounded BullMQ queue. The event's id is the job's, so a repeat that still waits is added once. */
export class BullmqTransport implements EventTransport {
  readonly name = 'bullmq';
  readonly batchSize = 100;
  #queue: Promise<JobQueue<ShareEvent>> | undefined;

  constructor(
    private readonly store: QueueStore,
    private readonly maxWaiting = MAX_WAITING_EVENTS,
  ) {}

  async connect(): Promise<void> {
    await (await this.#open()).getWaitingCount();
  }

  async publish(events: readonly ShareEvent[], signal: AbortSignal): Promise<void> {
    const queue = await this.#open();
    const counts = await queue.getJobCounts('waiting', 'prioritized', 'delayed');
    const waiting = Object.values(counts).reduce((sum, count) => sum + count, 0);
    if (waiting + events.length > this.maxWaiting) {
      throw new DestinationFullError(
        `${waiting} events wait in the queue ${DOMAIN_EVENTS_QUEUE}, of at most ${this.maxWaiting}: start a consumer, ` +
          'or leave "bullmq" out of EVENT_TRANSPORTS.',
      );
    }
    signal.throwIfAborted();
    await queue.addBulk(
      events.map((event) => ({
        name: event.type,
        data: event,
        opts: { jobId: event.id, removeOnComplete: true, removeOnFail: FAILED_KEPT },
      })),
    );
  }

  async close(): Promise<void> {
    if (this.#queue !== undefined) await this.store.close(this.#queue, CLOSE_LIMIT_MS);
  }

  /** One queue, however many ask for it at a time. */
  async #open(): Promise<JobQueue<ShareEvent>> {
    this.#queue ??= this.store.openQueue<ShareEvent>(DOMAIN_EVENTS_QUEUE);
    try {
      return await this.#queue;
    } catch (error) {
      this.#queue = undefined;
      throw new DestinationUnreachableError('The queue store', error, REMEDY);
    }
  }
}
