import { within } from '../lifecycle/within.js';
import { toShareEvent } from '../events/domain-event.js';
import type { PendingEvent } from './shard-lease.js';
import type { EventTransport } from './event-transport.js';

/** What was published is confirmed this often: as much comes again after a crash, and the lease is extended in time. */
const CONFIRM_EVERY_MS = 1000;

/** A transport has not returned in time and still runs. Its shard rests in this process until it does. */
export class PublishOverdueError extends Error {
  readonly code = 'KAKAO_SHARE_PUBLISH_OVERDUE';
  override readonly name = 'PublishOverdueError';
}

/** How far publishing got: what is to be confirmed, and what stopped it, if anything did. */
export interface Progress {
  readonly published: readonly PendingEvent[];
  readonly failure?: Failure;
}

export interface Failure {
  readonly error: unknown;
  /** The events that were being published. */
  readonly part: readonly PendingEvent[];
}

/** Publishes to one transport; never beside a call for the same shard that still runs. */
export class ShardPublisher {
  /** Shards of which a call outlived its time. */
  readonly #overdue = new Set<number>();
  /** How many events one call takes: fewer after it was too many for its time, as otherwise the same ones would come for ever. */
  #size: number;
  /** What the last such call published in the end, by shard: not published again, so that who is slower than its time gets on. */
  readonly #publishedLate = new Map<number, ReadonlySet<string>>();

  constructor(
    private readonly transport: EventTransport,
    private readonly timeoutMs: number,
    /** A shard may be taken again. */
    private readonly onReturn: () => void,
  ) {
    this.#size = transport.batchSize;
  }

  get overdueShards(): number[] {
    return [...this.#overdue];
  }

  /**
   * Publishes events of one shard, in order, until it is time to confirm, one fails, or `signal` is aborted.
   * @param oneByOne to find out which of them fails
   */
  async publish(
    shard: number,
    pending: readonly PendingEvent[],
    signal: AbortSignal,
    oneByOne = false,
  ): Promise<Progress> {
    const late = this.#publishedLate.get(shard);
    const published = pending.filter(({ position }) => late?.has(position));
    const rest = pending.filter(({ position }) => !late?.has(position));
    const confirmAt = performance.now() + CONFIRM_EVERY_MS;
    for (let from = 0, size; from < rest.length; from += size) {
      if (signal.aborted || performance.now() > confirmAt) break;
      size = oneByOne ? 1 : this.#size;
      const part = rest.slice(from, from + size);
      try {
        await this.#publishPart(shard, part);
      } catch (error) {
        return { published, failure: { error, part } };
      }
      published.push(...part);
    }
    return { published };
  }

  async #publishPart(shard: number, part: readonly PendingEvent[]): Promise<void> {
    const timeUp = new AbortController();
    const begunAt = performance.now();
    const call = { isRunning: true };
    const work = this.transport.publish(part.map(toShareEvent), timeUp.signal).finally(() => {
      call.isRunning = false;
    });
    try {
      await within(this.timeoutMs, `publishing to ${this.transport.name}`, work);
      const isQuick = performance.now() - begunAt < this.timeoutMs / 4;
      if (isQuick) this.#size = Math.min(this.#size * 2, this.transport.batchSize);
    } catch (error) {
      if (!call.isRunning) throw error;
      timeUp.abort(error);
      this.#overdue.add(shard);
      this.#size = Math.max(1, Math.floor(this.#size / 4));
      void this.#awaitOverdue(shard, part, work);
      throw new PublishOverdueError(
        `publishing to ${this.transport.name} takes longer than ${this.timeoutMs} ms, from event ${part[0]?.id} on. Its shard ` +
          'waits in this process until that returns: give what a listener waits for a time limit, or restart.',
      );
    }
  }

  async #awaitOverdue(
    shard: number,
    part: readonly PendingEvent[],
    work: Promise<void>,
  ): Promise<void> {
    try {
      await work;
      this.#publishedLate.set(shard, new Set(part.map(({ position }) => position)));
    } catch {
      // It was reported as overdue, and comes again: what fails then is reported then.
    }
    this.#overdue.delete(shard);
    this.onReturn();
  }
}
