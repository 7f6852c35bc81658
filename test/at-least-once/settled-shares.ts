import { randomBytes } from 'node:crypto';
import type { Database } from '../../src/database/database.js';
import { migrate } from '../../src/database/migrate.js';
import { toShareEvent, type EventRow, type ShareEvent } from '../../src/events/domain-event.js';
import { migrateQueue } from '../../src/queue/migrate-queue.js';
import { settleBatch } from '../../src/settlement/settle-batch.js';
import { Random } from '../../src/simulator/random.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { startPrivatePostgres, type PrivatePostgres } from '../faults/private-postgres.js';
import { givenStored } from '../settlement/open-settlement.js';
import { eventually } from '../support/eventually.js';
import { openTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';

const LIMITS = { statementTimeoutMs: 20_000 };
/** As a job of settlement has. */
const BATCH = 200;
const USERS = 300;
/** Some come to a room a second time, which pays nothing. */
const ROOMS = 40;
/** One in so many names no user: its event has no subject and no order. */
const ANONYMOUS_EVERY = 50;

/** Shares that were settled once, on a Postgres of their own, and databases that begin there. */
export interface SettledShares {
  /** How many events each destination is to be told. */
  readonly eventCount: number;
  /** A copy in which everything still waits for this destination, and nothing for any other. */
  copyFor(destination: string): Promise<TestDatabase>;
  /** Kills the database server and starts it again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** @param prepare makes the destinations known: events are written for those that there are */
export async function settleShares(
  count: number,
  seed: string,
  prepare: (database: Database) => Promise<void>,
): Promise<SettledShares> {
  const server = await startPrivatePostgres();
  const template = `settled_${randomBytes(4).toString('hex')}`;
  try {
    await server.db.rows(`CREATE DATABASE ${template}`);
    const url = urlOf(server, template);
    await migrate(url);
    await migrateQueue(url);
    const settled = await openTestDatabase(urlOf(server, template), 4);
    await prepare(settled.database);
    await settle(settled, count, new Random(seed));
    const eventCount = await settled.number('SELECT count(*) FROM kakao_share.events');
    await settled.drop();
    return {
      eventCount,
      copyFor: (destination) => copy(server, template, destination),
      restart: async () => {
        await server.kill();
        await server.startAgain();
        await eventually(() => server.db.rows('SELECT 1'));
      },
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** All events, as whoever is told hears of them. */
export async function readRecorded(db: TestDatabase): Promise<ShareEvent[]> {
  const rows = await db.rows<EventRow>(
    `SELECT e.id, e.app, e.type, e.version, e.sequence, e.data, e.occurred_at, u.user_id
     FROM kakao_share.events e LEFT JOIN kakao_share.users u ON u.id = e.user_ref`,
  );
  return rows.map((row) => JSON.parse(JSON.stringify(toShareEvent(row))) as ShareEvent);
}

/** Settles shares of many users as workers do, in batches. */
export async function settle(db: TestDatabase, count: number, random: Random): Promise<void> {
  await givenCampaign(db);
  for (let from = 0; from < count; from += BATCH) {
    const size = Math.min(BATCH, count - from);
    const ids = await givenStored(
      db,
      Array.from({ length: size }, (_, index) => givenShare(from + index, random)),
    );
    const settled = await db.database.transaction(LIMITS, (tx) => settleBatch(tx, ids, undefined));
    if (settled.length !== size)
      throw new Error(`${settled.length} of ${size} shares were settled`);
  }
}

function givenShare(number: number, random: Random): ReturnType<typeof givenDelivery> {
  const resourceId = `share-${number}`;
  if (number % ANONYMOUS_EVERY === 0) {
    const body = JSON.stringify({ CHAT_TYPE: 'DirectChat', HASH_CHAT_ID: 'room-0' });
    return givenDelivery(resourceId, { body: Buffer.from(body) });
  }
  // The square gives some users many shares and others few.
  const userId = `user-${Math.floor(random.fraction() ** 2 * USERS)}`;
  return givenDelivery(resourceId, { userId, room: `room-${random.below(ROOMS)}` });
}

async function copy(
  server: PrivatePostgres,
  template: string,
  destination: string,
): Promise<TestDatabase> {
  const name = `told_${randomBytes(4).toString('hex')}`;
  // The server that settled may still be ending its sessions there.
  await eventually(() => server.db.rows(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  const db = await openTestDatabase(urlOf(server, name), 4);
  for (const [table, column] of [
    ['outbox', 'destination'],
    ['relay_leases', 'destination'],
    ['destinations', 'name'],
  ] as const) {
    await db.rows(`DELETE FROM kakao_share.${table} WHERE ${column} <> $1`, [destination]);
  }
  return {
    ...db,
    drop: async () => {
      await db.drop();
      await server.db.rows(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

function urlOf(server: PrivatePostgres, database: string): string {
  const url = new URL(server.db.url);
  url.pathname = `/${database}`;
  return url.href;
}
