import type { Database } from '../database/database.js';
import { StatusBusyError } from './intent-errors.js';
import type { IntentStanding } from './intent-status.js';
import { readIntentStandings } from './read-intent-standings.js';

/** Pages are asked by the public: what takes longer is not waited for. */
const LIMITS = { statementTimeoutMs: 2_000 };
/** More pages than that ask within the few milliseconds of one query only when something is wrong. */
const MAX_PER_QUERY = 500;

/** What is asked together, and the answer to come. */
interface Batch {
  readonly ids: Set<string>;
  readonly standing: Promise<Map<string, IntentStanding>>;
}

/**
 * Reads how intents stand for whoever asks. What is asked while a query runs goes into the next one, so that all pages together
 * take one connection from the pool that the door needs.
 */
export class IntentStatusReader {
  #next: Batch | undefined;
  #lastQuery: Promise<unknown> = Promise.resolve();

  constructor(private readonly database: Database) {}

  /** @throws {StatusBusyError} when too many wait already */
  async read(id: string): Promise<IntentStanding | undefined> {
    this.#next ??= this.#openBatch();
    const { ids, standing } = this.#next;
    if (ids.size >= MAX_PER_QUERY && !ids.has(id)) throw new StatusBusyError();
    ids.add(id);
    return (await standing).get(id);
  }

  #openBatch(): Batch {
    const ids = new Set<string>();
    const standing = this.#lastQuery.then(() => {
      this.#next = undefined;
      return this.database.transaction(LIMITS, (tx) => readIntentStandings(tx, [...ids]));
    });
    this.#lastQuery = standing.catch(() => undefined);
    return { ids, standing };
  }
}
