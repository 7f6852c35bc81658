import type { Logger } from '@nestjs/common';
import { describeError } from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import { requireCurrentSchema } from '../database/schema-state.js';
import { backoffMs, BackgroundLoop } from '../lifecycle/background-loop.js';
import { ensureDestinations } from './destinations.js';
import {
  confirmPublished,
  giveShardBack,
  readPending,
  takeShard,
  type ShardLease,
} from './shard-lease.js';
import { ShardPublisher } from './shard-publisher.js';
import type { EventTransport } from './transport.js';

const EVENTS_PER_BATCH = 100;
/** Then it is another shard's turn, however much comes in for this one. */
const BATCHES_PER_TURN = 10;
/** For one call of a transport. Well below the lease, so that a relay that waits for its transport still holds its shard. */
const PUBLISH_TIMEOUT_MS = 10_000;
/** How long others' settlements wait at most to be noticed; our own process wakes us. */
const POLL_MS = 500;

/**
 * Publishes the outbox: at least once, in order per user, each destination at its own pace. Any number of relays run side by
 * side, a shard being told by one at a time.
 */
export class Relay {
  readonly #loops: readonly BackgroundLoop[];
  #destinationsKnown = false;

  constructor(
    private readonly database: Database,
    private readonly transports: readonly EventTransport[],
    private readonly logger: Logger,
    { publishTimeoutMs = PUBLISH_TIMEOUT_MS } = {},
  ) {
    this.#loops = transports.map((transport) => {
      const publisher = new ShardPublisher(transport, publishTimeoutMs, () => {
        loop.wake();
      });
      const loop = new BackgroundLoop(
        `relay to ${transport.name}`,
        (signal) => this.#publish(transport.name, publisher, signal),
        logger,
      );
      return loop;
    });
  }

  start(): void {
    for (const loop of this.#loops) loop.start();
  }

  /** Something was settled just now. */
  wake(): void {
    for (const loop of this.#loops) loop.wake();
  }

  async stop(limitMs: number): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop(limitMs)));
    await Promise.all(this.transports.map((transport) => transport.close()));
  }

  async #publish(
    destination: string,
    publisher: ShardPublisher,
    signal: AbortSignal,
  ): Promise<number> {
    await this.#ensureDestinations();
    const lease = await takeShard(this.database, destination, publisher.overdueShards);
    if (lease === undefined) return POLL_MS;
    try {
      await this.#drain(publisher, lease, signal);
      await giveShardBack(this.database, lease);
    } catch (error) {
      const failure = { error: describeError(error), retryMs: backoffMs(lease.failures + 1) };
      this.logger.warn(`Events to ${destination} wait, shard ${lease.shard}: ${failure.error}`);
      await giveShardBack(this.database, lease, failure);
    }
    return 0;
  }

  async #ensureDestinations(): Promise<void> {
    if (this.#destinationsKnown) return;
    await requireCurrentSchema(this.database);
    await ensureDestinations(
      this.database,
      this.transports.map(({ name }) => name),
    );
    this.#destinationsKnown = true;
  }

  async #drain(publisher: ShardPublisher, lease: ShardLease, signal: AbortSignal): Promise<void> {
    for (let batches = 0; batches < BATCHES_PER_TURN && !signal.aborted; batches++) {
      const pending = await readPending(this.database, lease, EVENTS_PER_BATCH);
      if (pending.length === 0) return;
      const { published, failure } = await publisher.publish(lease.shard, pending, signal);
      const stillOurs =
        published.length === 0 || (await confirmPublished(this.database, lease, published));
      if (failure !== undefined) throw failure.error;
      if (!stillOurs) return;
    }
  }
}
