import type { Logger } from '@nestjs/common';
import type { Database } from '../database/database.js';
import { startAge } from '../lifecycle/age.js';
import { DestinationRelay, type RelayTuning } from './destination-relay.js';
import type { EventTransport } from './event-transport.js';
import { OutboxKeeper } from './outbox-keeper.js';
import { OutboxListener } from './outbox-listener.js';

const PUBLISH_TIMEOUT_MS = 10_000;
const LEASE_MS = 30_000;

/** What may be other than default. */
export interface RelayOptions extends Partial<RelayTuning> {
  /** How long events are kept after they were recorded, days; longer while a destination waits for one or has refused it. */
  readonly retentionDays?: number;
}

/** A month and two to look back: replays, disputes about a reward, a consumer that was built late. */
export const DEFAULT_RETENTION_DAYS = 90;

/**
 * Publishes the outbox: at least once, in order per user, each destination at its own pace. Any number of relays run side by
 * side, a shard being told by one at a time. Wakes when something is committed.
 */
export class Relay {
  readonly #destinations = new Map<string, DestinationRelay>();
  readonly #listener: OutboxListener;
  readonly #keeper: OutboxKeeper;
  readonly #tuning: RelayTuning;
  #isStarted = false;

  constructor(
    private readonly database: Database,
    transports: readonly EventTransport[],
    private readonly logger: Logger,
    { retentionDays = DEFAULT_RETENTION_DAYS, ...tuning }: RelayOptions = {},
  ) {
    this.#tuning = {
      ...{ publishTimeoutMs: PUBLISH_TIMEOUT_MS, leaseMs: LEASE_MS, clock: { aheadMs: 0 } },
      age: startAge(),
      ...tuning,
    };
    this.#listener = new OutboxListener(database, logger, (name) => {
      if (name === undefined) this.wake();
      else this.#destinations.get(name)?.wake();
    });
    this.#keeper = new OutboxKeeper(database, logger, retentionDays);
    for (const transport of transports) this.add(transport);
  }

  start(): void {
    this.#isStarted = true;
    this.#listener.start();
    this.#keeper.start();
    for (const destination of this.#destinations.values()) destination.start();
  }

  /** Serves one more destination. @throws {DestinationTakenError} where one of its name is served already */
  add(transport: EventTransport): void {
    if (this.#destinations.has(transport.name)) throw new DestinationTakenError(transport.name);
    const destination = new DestinationRelay(
      this.database,
      transport,
      this.#tuning,
      this.logger,
      () => this.#listener.isListening,
    );
    this.#destinations.set(transport.name, destination);
    if (this.#isStarted) destination.start();
  }

  /** Serves a destination no longer; what waits for it waits. */
  async remove(name: string, limitMs: number): Promise<void> {
    const destination = this.#destinations.get(name);
    this.#destinations.delete(name);
    await destination?.stop(limitMs);
  }

  /** There may be something to tell, whoever to. */
  wake(): void {
    for (const destination of this.#destinations.values()) destination.wake();
  }

  async stop(limitMs: number): Promise<void> {
    // What is added from now on, by a directory of endpoints that is still looking, begins nothing.
    this.#isStarted = false;
    const parts = [this.#listener, this.#keeper, ...this.#destinations.values()];
    await Promise.all(parts.map((part) => part.stop(limitMs)));
  }
}

/** Two destinations of one name would share their progress, and each would miss what the other was told. */
export class DestinationTakenError extends Error {
  readonly code = 'KAKAO_SHARE_DESTINATION_TAKEN';
  override readonly name = 'DestinationTakenError';

  constructor(destination: string) {
    super(`There are two destinations named ${destination}: give one of them another name.`);
  }
}
