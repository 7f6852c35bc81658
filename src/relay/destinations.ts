import type { Database, Queryable, Transaction } from '../database/database.js';
import { readClock } from '../database/read-clock.js';
import { SHARDS } from '../events/shards.js';
import type { Age } from '../lifecycle/age.js';
import type { Audience } from './event-transport.js';
import { WELL } from './shard-lease.js';

const LIMITS = { statementTimeoutMs: 10_000 };

/** Where events go, and which. */
export interface Destination extends Audience {
  readonly name: string;
}

/** A destination of this name is being removed: its part of the outbox is not empty yet. */
export class DestinationLeavingError extends Error {
  readonly code = 'KAKAO_SHARE_DESTINATION_LEAVING';
  override readonly name = 'DestinationLeavingError';
}

/**
 * Makes destinations known. Each hears of what happens from its creation on, and of the types that the process asked for which
 * started last: an older one that comes late, or again, changes nothing.
 * @param age of the process that says so
 * @returns when that process started, and the names of those that hear of something else than it says
 */
export async function ensureDestinations(
  database: Database,
  destinations: readonly Destination[],
  age: Age,
): Promise<{ readonly startedAt: Date; readonly overruled: readonly string[] }> {
  return database.transaction(LIMITS, async (tx) => {
    // In this order: what takes long between the two makes this process older than it is, never younger.
    const now = await readClock(tx);
    const startedAt = new Date(now.getTime() - age());
    return { startedAt, overruled: await addDestinations(tx, destinations, startedAt) };
  });
}

/**
 * As `ensureDestinations`, in a transaction.
 * @param startedAt when the process started that says so; undefined: who owns them says so, and nobody else does
 * @throws {DestinationLeavingError} where one of them is being removed: try later
 */
export async function addDestinations(
  tx: Transaction,
  destinations: readonly Destination[],
  startedAt?: Date,
): Promise<string[]> {
  const overruled: string[] = [];
  const inOrder = [...destinations].sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const destination of inOrder) {
    if (!(await declare(tx, destination, startedAt))) overruled.push(destination.name);
  }
  const names = inOrder.map(({ name }) => name);
  const leaving = await tx.query<{ name: string }>(
    'SELECT name FROM kakao_share.destinations WHERE name = ANY($1) AND removed_at IS NOT NULL',
    [names],
  );
  if (leaving.length > 0) {
    throw new DestinationLeavingError(
      `The destination ${leaving[0]?.name} is being removed; it can start anew in a few minutes, once nothing waits for it.`,
    );
  }
  await tx.query(
    `INSERT INTO kakao_share.relay_leases (destination, shard)
     SELECT name, shard FROM unnest($1::text[]) AS g (name), generate_series(0, ${SHARDS - 1}) AS shard ORDER BY 1, 2
     ON CONFLICT (destination, shard) DO NOTHING`,
    [names],
  );
  return overruled;
}

/** @returns false when a process that started later has said something else */
async function declare(
  tx: Transaction,
  { name, kind, app, types }: Destination,
  startedAt: Date | undefined,
): Promise<boolean> {
  const said = [name, kind, app ?? null, types ?? null];
  await tx.query(
    `INSERT INTO kakao_share.destinations AS d (name, kind, app, types, declared_at)
     VALUES ($1, $2, $3, $4, coalesce($5::timestamptz, '-infinity'))
     ON CONFLICT (name) DO UPDATE
     SET kind = excluded.kind, app = excluded.app, types = excluded.types, declared_at = excluded.declared_at
     WHERE d.declared_at <= excluded.declared_at`,
    [...said, startedAt ?? null],
  );
  const inForce = await tx.query(
    `SELECT FROM kakao_share.destinations
     WHERE name = $1 AND (kind, app, types) IS NOT DISTINCT FROM ($2::text, $3::text, $4::text[])`,
    said,
  );
  return inForce.length > 0;
}

/**
 * Its events wait from now on. What a relay is publishing at this moment still arrives.
 * @returns false when it was paused already: who did it first said why
 */
export async function pauseDestination(
  tx: Queryable,
  name: string,
  because: string,
): Promise<boolean> {
  const paused = await tx.query(
    `UPDATE kakao_share.destinations SET paused_at = clock_timestamp(), paused_because = $2
     WHERE name = $1 AND paused_at IS NULL RETURNING name`,
    [name, because],
  );
  return paused.length > 0;
}

/** Its events flow again, at once. */
export async function resumeDestination(tx: Queryable, name: string): Promise<void> {
  await tx.query(
    `UPDATE kakao_share.destinations SET paused_at = NULL, paused_because = NULL WHERE name = $1`,
    [name],
  );
  await tx.query(
    `UPDATE kakao_share.relay_leases
     SET retry_at = '-infinity', ${WELL} WHERE destination = $1`,
    [name],
  );
  await wakeRelays(tx, name);
}

/** There may be something to tell that relays believed to be out of reach. */
export async function wakeRelays(queryable: Queryable, name: string): Promise<void> {
  await queryable.query(`SELECT pg_notify('kakao_share_outbox', 'kakao_share.' || $1)`, [name]);
}

/** It hears of nothing more. What waits for it is dropped by the relays' keeper, and holds back nothing from then on. */
export async function removeDestination(tx: Queryable, name: string): Promise<void> {
  await tx.query(
    `UPDATE kakao_share.destinations SET removed_at = coalesce(removed_at, clock_timestamp()) WHERE name = $1`,
    [name],
  );
}
