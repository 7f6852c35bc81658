import { within } from '../lifecycle/within.js';
import { toShareEvent } from './domain-event.js';
import type { PendingEvent } from './shard-lease.js';
import type { EventTransport } from './transport.js';

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
  readonly failure?: { readonly error: unknown };
}

/** Publishes to one transport; never beside a call for the same shard that still runs. */
export class ShardPublisher {
  /** Shards of which a call outlived its time. */
  readonly #overdue = new Set<number>();
  /** What the last such call published in the end, by shard: not published again, so that who is slower than its time gets on. */
  readonly #publishedLate = new Map<number, ReadonlySet<string>>();

  constructor(
    private readonly transport: EventTransport,
    private readonly timeoutMs: number,
    /** A shard may be taken again. */
    private readonly onReturn: () => void,
  ) {}

  get overdueShards(): number[] {
    return [...this.#overdue];
  }

  /** Publishes events of one shard, in order, until it is time to confirm, one fails, or `signal` is aborted. */
  async publish(
    shard: number,
    pending: readonly PendingEvent[],
    signal: AbortSignal,
  ): Promise<Progress> {
    const late = this.#publishedLate.get(shard);
    const published = pending.filter(({ position }) => late?.has(position));
    const rest = pending.filter(({ position }) => !late?.has(position));
    const confirmAt = performance.now() + CONFIRM_EVERY_MS;
    try {
      for (let from = 0; from < rest.length; from += this.transport.batchSize) {
        if (signal.aborted || performance.now() > confirmAt) break;
        const part = rest.slice(from, from + this.transport.batchSize);
        await this.#publishPart(shard, part);
        published.push(...part);
      }
      return { published };
    } catch (error) {
      return { published, failure: { error } };
    }
  }

  async #publishPart(shard: number, part: readonly PendingEvent[]): Promise<void> {
    const timeUp = new AbortController();
    const call = { isRunning: true };
    const work = this.transport.publish(part.map(toShareEvent), timeUp.signal).finally(() => {
      call.isRunning = false;
    });
    try {
      await within(this.timeoutMs, `publishing to ${this.transport.name}`, work);
    } catch (error) {
      if (!call.isRunning) throw error;
      timeUp.abort(error);
      this.#overdue.add(shard);
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
