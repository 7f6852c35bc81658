import type { Logger } from '@nestjs/common';
import { describeError } from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import { requireCurrentSchema } from '../database/schema-state.js';
import type { Age } from '../lifecycle/age.js';
import { BackgroundLoop } from '../lifecycle/background-loop.js';
import { within } from '../lifecycle/within.js';
import { ensureDestinations } from './destinations.js';
import { endFailure } from './end-failure.js';
import type { EventTransport } from './event-transport.js';
import { LeftShards } from './left-shards.js';
import { OlderHandlerError, publishAsked } from './publish-asked.js';
import { lookFor } from './reach.js';
import type { RelayClock } from './relay-clock.js';
import {
  confirmPublished,
  dropForgotten,
  giveShardBack,
  readPending,
  readRest,
  takeShard,
  type PendingEvent,
  type ShardLease,
} from './shard-lease.js';
import { ShardPublisher } from './shard-publisher.js';

const EVENTS_PER_BATCH = 100;
/** Then it is another shard's turn, however much comes in for this one. */
const BATCHES_PER_TURN = 10;
/** In case a notification got lost all the same. */
const POLL_MS = 30_000;
/** While nobody listens: the connection for it was lost, or is not there yet. */
const POLL_UNHEARING_MS = 5_000;
/** So that several loops of several relays that wait for the same moment do not ask without rest. */
const LEAST_REST_MS = 10;
/** How long a server that went away while nothing was to be told goes unnoticed. */
const LOOK_EVERY_MS = 15_000;
/** Of what stopping may take: for hanging up. */
const CLOSE_LIMIT_MS = 2_000;

/** How a relay works; other than default only in tests. */
export interface RelayTuning {
  /** For one call of a transport. Well below the lease, so that a relay that waits for its transport still holds its shard. */
  readonly publishTimeoutMs: number;
  /** A dead relay's shards wait this long for another one. What happens between two confirmations is given less. */
  readonly leaseMs: number;
  readonly clock: RelayClock;
  /** Of the process: of several, the youngest one says what a destination hears of. */
  readonly age: Age;
}

/** Tells one destination, several shards at a time where its transport wants that, and keeps an eye on whether it is there. */
export class DestinationRelay {
  readonly #publisher: ShardPublisher;
  readonly #tellers: readonly BackgroundLoop[];
  readonly #looking: BackgroundLoop;
  /** Which of the tellers have a shard in hand. */
  readonly #busy = new Set<number>();
  readonly #left = new LeftShards();
  /** All loops wait for one: of several, one that hangs would say again much later what was true then. */
  #known: Promise<void> | undefined;
  /** When this process started, as it said when it made the destination known. */
  #startedAt: Date | undefined;

  constructor(
    private readonly database: Database,
    private readonly transport: EventTransport,
    private readonly tuning: RelayTuning,
    private readonly logger: Logger,
    private readonly isListening: () => boolean,
  ) {
    const { name, parallelShards = 1 } = transport;
    this.#publisher = new ShardPublisher(transport, tuning.publishTimeoutMs, () => {
      this.wake();
    });
    this.#tellers = Array.from(
      { length: parallelShards },
      (_, teller) =>
        new BackgroundLoop(`relay to ${name}`, (signal) => this.#turn(teller, signal), logger),
    );
    this.#looking = new BackgroundLoop(`looking for ${name}`, () => this.#look(), logger);
  }

  start(): void {
    for (const loop of [...this.#tellers, this.#looking]) loop.start();
  }

  /** There is something to tell. Wakes one teller that has nothing to do; the one that finds a shard wakes the next. */
  wake(): void {
    const free = this.#tellers.findIndex((_, teller) => !this.#busy.has(teller));
    this.#tellers[Math.max(free, 0)]?.wake();
  }

  async stop(limitMs: number): Promise<void> {
    const loops = [...this.#tellers, this.#looking];
    await Promise.all(loops.map((loop) => loop.stop(limitMs - CLOSE_LIMIT_MS)));
    await within(CLOSE_LIMIT_MS, `closing ${this.transport.name}`, this.transport.close()).catch(
      (error: unknown) => {
        this.logger.warn(describeError(error));
      },
    );
  }

  /** Tells one shard what waits for it. @returns how long to rest, ms */
  async #turn(teller: number, signal: AbortSignal): Promise<number> {
    await this.#ensureKnown();
    const { leaseMs, clock } = this.tuning;
    const except = [...this.#publisher.overdueShards, ...this.#left.all];
    const which = { except, leaseMs, aheadMs: clock.aheadMs };
    const lease = await takeShard(this.database, this.transport.name, which);
    if (lease === undefined) {
      const pollMs = this.isListening() ? POLL_MS : POLL_UNHEARING_MS;
      const restMs = (await readRest(this.database, this.transport.name, which)) ?? pollMs;
      return Math.min(Math.max(restMs, LEAST_REST_MS), pollMs);
    }
    this.#busy.add(teller);
    this.wake();
    try {
      await this.#drain(lease, signal);
    } finally {
      this.#busy.delete(teller);
    }
    return 0;
  }

  /** Publishes and confirms, batch by batch, and gives the shard back. */
  async #drain(lease: ShardLease, signal: AbortSignal): Promise<void> {
    const { transport, logger } = this;
    const { leaseMs, clock } = this.tuning;
    let current = lease;
    for (let batches = 0; batches < BATCHES_PER_TURN && !signal.aborted; batches++) {
      const { includesRoomHash = false } = transport;
      const pending = await readPending(this.database, lease, EVENTS_PER_BATCH, includesRoomHash);
      if (pending.length === 0) {
        if (batches === 0) await dropForgotten(this.database, lease);
        break;
      }
      const oneByOne = current.failed_alone > 0;
      const wanted = pending.filter((event) => event.is_wanted);
      const progress = await publishAsked(transport, wanted, (asked) =>
        this.#publisher.publish(lease.shard, asked, signal, oneByOne),
      );
      const { published, failure } = progress;
      const done = [...published, ...pending.filter((event) => !event.is_wanted)];
      if (done.length > 0) {
        if (!(await this.#confirm(lease, done))) return;
        current = afterSuccess(lease);
      }
      if (failure === undefined) continue;
      if (failure.error instanceof OlderHandlerError) this.#left.leave(lease.shard);
      const parts = { transport, leaseMs, clock, logger };
      if ((await endFailure(this.database, current, failure, parts)) === 'over') return;
      // The failures were those of the event that went aside, and say nothing of the next one.
      current = afterSuccess(lease);
    }
    await giveShardBack(this.database, lease, clock.aheadMs);
  }

  async #confirm(lease: ShardLease, published: readonly PendingEvent[]): Promise<boolean> {
    const { leaseMs, clock } = this.tuning;
    return confirmPublished(this.database, lease, published, { leaseMs, aheadMs: clock.aheadMs });
  }

  async #ensureKnown(): Promise<void> {
    this.#known ??= this.#makeKnown().catch((error: unknown) => {
      this.#known = undefined;
      throw error;
    });
    await this.#known;
  }

  /** Endpoints are made, and removed, by those who own them. */
  async #makeKnown(): Promise<void> {
    const { database, transport, tuning, logger } = this;
    await requireCurrentSchema(database);
    const { name, audience = { kind: 'transport' } } = transport;
    if (audience.kind === 'endpoint') return;
    const said = await ensureDestinations(database, [{ name, ...audience }], tuning.age);
    this.#startedAt = said.startedAt;
    if (said.overruled.length === 0) return;
    logger.warn(
      `${name} hears of other events than this process says: one that started later has the word`,
    );
  }

  /** Asks whether the other side is there, and says so where operators look. */
  async #look(): Promise<number> {
    await this.#ensureKnown();
    const { database, transport, logger } = this;
    // It was removed while this process could not be heard of: it starts anew, as after a restart.
    if ((await lookFor(database, transport, this.#startedAt, logger)) === 'gone') {
      this.#known = undefined;
      this.wake();
    }
    return LOOK_EVERY_MS;
  }
}

/** What publishing something, or putting it aside, made of the shard's standing. */
function afterSuccess(lease: ShardLease): ShardLease {
  return { ...lease, failures: 0, failing_since: null, failed_at: null, failed_alone: 0 };
}
