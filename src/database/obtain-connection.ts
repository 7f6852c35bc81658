import type { Pool } from 'pg';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { DeadlineError, within } from '../lifecycle/within.js';
import { ignoreError, type Connection } from './connection.js';

/** Requests to a pool that has nothing to give are forgotten by those who made them, but not by the pool. */
const MAX_LATE_CONNECTIONS = 8;

/**
 * How many requests each pool has not answered in time. Of a pool, not of a data source: one that is ended never answers those that
 * still wait in it, and a data source that is initialised again has another one.
 */
const lateConnections = new WeakMap<Pool, number>();

/** A connection, and how it goes back. */
export type Obtained = [connection: Connection, release: (broken?: boolean) => void];

/**
 * Takes a connection of a data source's pool. A pool cannot be told that nobody waits any more: what it hands over too late goes back
 * unused.
 *
 * @param limitMs how long to wait; undefined as long as the pool's owner has decided
 * @throws {DeadlineError} when it gives none in time, and at once while too many requests before are still unanswered
 */
export async function obtainConnection(
  driver: PostgresDriver,
  limitMs: number | undefined,
): Promise<Obtained> {
  if (limitMs === undefined) return (await driver.obtainMasterConnection()) as Obtained;
  // None before the data source is initialised, and once it is destroyed: then the driver says so.
  const pool = driver.master as Pool | undefined;
  if (pool !== undefined && lateAt(pool) >= MAX_LATE_CONNECTIONS) {
    throw new DeadlineError('The pool has given no connection for some time.');
  }
  const obtaining = driver.obtainMasterConnection() as Promise<Obtained>;
  try {
    return await within(limitMs, 'connecting', obtaining);
  } catch (error) {
    if (error instanceof DeadlineError && pool !== undefined) giveBackLate(pool, obtaining);
    throw error;
  }
}

function lateAt(pool: Pool): number {
  return lateConnections.get(pool) ?? 0;
}

function giveBackLate(pool: Pool, obtaining: Promise<Obtained>): void {
  lateConnections.set(pool, lateAt(pool) + 1);
  void obtaining
    .then(([, release]) => {
      release();
    }, ignoreError)
    .finally(() => {
      lateConnections.set(pool, lateAt(pool) - 1);
    });
}
