import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { readSchemaState, type SchemaState } from '../database/schema-state.js';
import { TimedRead } from '../lifecycle/timed-read.js';
import { within } from '../lifecycle/within.js';
import { SettlementQueue } from '../queue/settlement-queue.js';
import { readTroubles, type DestinationState } from '../relay/destination-standing.js';

/** What a process found when it last asked the others that it works with. */
export interface HealthReading {
  readonly database: SchemaState;
  readonly queue: 'ok' | 'unreachable';
  /** Destinations of events that are not well, by name. */
  readonly events: 'ok' | 'unknown' | Readonly<Record<string, DestinationState>>;
}

/** A probe is asked every few seconds and must not pile up behind a hanging database. */
const PROBE_TIMEOUT_MS = 1_500;
/** Whatever hangs gives its connection back soon after nobody waits any more. */
const PROBE_LIMITS = { connectionTimeoutMs: 1_000, statementTimeoutMs: 1_000 };
/**
 * Anybody may ask, as often as they like: it costs database and queue one probe per second. Bad news is kept no longer than good
 * news, and both no longer than a load balancer needs to look again. A probe ends by itself; its limit here is for a process that
 * stands still.
 */
const TIMES = { limitMs: 2 * PROBE_TIMEOUT_MS, freshMs: 1_000 };

/** Asks database and queue how they are, for everybody who wants to know at the same moment. */
@Injectable()
export class HealthProbe {
  readonly #reading = new TimedRead('probing', () => this.#read(), TIMES);

  constructor(
    private readonly database: Database,
    private readonly queue: SettlementQueue,
  ) {}

  async read(): Promise<HealthReading> {
    return this.#reading.value();
  }

  async #read(): Promise<HealthReading> {
    const [database, queue, events] = await Promise.all([
      this.#onDatabase((tx) => readSchemaState(this.database, tx)).catch(
        () => 'unreachable' as const,
      ),
      this.#readQueue(),
      this.#readEvents(),
    ]);
    return { database, queue, events };
  }

  async #readEvents(): Promise<HealthReading['events']> {
    return this.#onDatabase(readTroubles).then(
      (troubles) => (Object.keys(troubles).length === 0 ? 'ok' : troubles),
      () => 'unknown',
    );
  }

  async #readQueue(): Promise<HealthReading['queue']> {
    return within(PROBE_TIMEOUT_MS, 'probing the queue', this.queue.backlog()).then(
      () => 'ok',
      () => 'unreachable',
    );
  }

  async #onDatabase<T>(read: (tx: Transaction) => Promise<T>): Promise<T> {
    const reading = this.database.transaction(PROBE_LIMITS, read);
    return within(PROBE_TIMEOUT_MS, 'probing the database', reading);
  }
}
