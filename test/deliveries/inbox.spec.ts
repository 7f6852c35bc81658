import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Database } from '../../src/database/database.js';
import { Dispatcher } from '../../src/deliveries/dispatcher.js';
import { Inbox, NotDurableError } from '../../src/deliveries/inbox.js';
import type { Lifeboat } from '../../src/deliveries/lifeboat.js';
import { QueueStore } from '../../src/queue/queue-store.js';
import { SettlementQueue } from '../../src/queue/settlement-queue.js';
import { Gate } from '../faults/gate.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, patientOptions, type TestDatabase } from '../support/test-database.js';
import { givenDelivery } from './given-delivery.js';

const HELD = 'LOCK TABLE kakao_share.delivery_keys IN SHARE MODE';
const FULL = new Error('The spool is full.');
/** What the database gets where there is a spool. */
const DATABASE_SHARE_MS = 1_200;

/** Longer than a disk gets. */
const LAST_RESORT_MS = 1_100;

let db: TestDatabase;
let queue: SettlementQueue;
const sources: DataSource[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  queue = new SettlementQueue(new QueueStore({ postgres: { url: db.url } }));
});
afterAll(async () => {
  for (const source of sources) if (source.isInitialized) await source.destroy();
  await queue.close();
  await db.drop();
});

/** A spool that keeps nothing on a disk, and remembers how long it was given. */
function lifeboat(keeps: boolean): Lifeboat & { readonly limitsMs: number[] } {
  const limitsMs: number[] = [];
  return {
    limitsMs,
    takes: () => keeps,
    keep(_, limitMs) {
      limitsMs.push(limitMs);
      return keeps ? Promise.resolve() : Promise.reject(FULL);
    },
  };
}

function openInbox(
  database: Database,
  spool: Lifeboat,
  acceptTimeoutMs = 2_500,
): { inbox: Inbox; recovered: () => number } {
  let recovered = 0;
  const logger = new Logger('Inbox');
  for (const level of ['log', 'warn', 'error'] as const) logger[level] = () => undefined;
  const options = { acceptTimeoutMs, lifeboat: spool, onRecovered: () => recovered++ };
  const inbox = new Inbox(database, new Dispatcher(queue, logger), options, logger);
  return { inbox, recovered: () => recovered };
}

/** Nobody has initialised its data source. */
function databaseNotThereYet(): Database {
  const source = new DataSource(patientOptions(db.url, 2, 'kakao-share test'));
  sources.push(source);
  return new Database(source);
}

test('a spool that takes nothing takes no time from the database: what it commits late is not lost', async () => {
  const gate = await Gate.lock(db, HELD);
  const full = lifeboat(false);
  const { inbox } = openInbox(db.database, full, 60_000);
  const accepting = inbox.accept(givenDelivery('late'));
  const startedAtMs = performance.now();
  await eventually(() => {
    expect(performance.now() - startedAtMs).toBeGreaterThan(2 * DATABASE_SHARE_MS);
  });
  await gate.open();
  expect(await accepting).toMatchObject({ status: 'accepted', place: 'database' });
  expect(full.limitsMs).toEqual([]);
});

test('a database that was given up is asked all the same when the spool takes nothing, for all the time that is left', async () => {
  const gate = await Gate.lock(db, HELD);
  const full = lifeboat(false);
  const { inbox } = openInbox(db.database, full, 60_000);
  for (const id of ['one', 'two', 'three']) {
    const tooLate = performance.now() - 60_000;
    await expect(inbox.accept(givenDelivery(id), tooLate)).rejects.toThrow(NotDurableError);
  }
  expect(inbox.standing().breaker).toBe('open');
  const accepting = inbox.accept(givenDelivery('insisted'));
  const startedAtMs = performance.now();
  await eventually(() => {
    expect(performance.now() - startedAtMs).toBeGreaterThan(LAST_RESORT_MS);
  });
  await gate.open();
  expect(await accepting).toMatchObject({ status: 'accepted', place: 'database' });
  expect(full.limitsMs).toHaveLength(4);
});

test('how much time is left is a matter of when the request came, whatever its time of receipt says', async () => {
  const spool = lifeboat(true);
  const { inbox } = openInbox(databaseNotThereYet(), spool);
  const anHourAhead = new Date(Date.now() + 3_600_000);
  const anHourAgo = new Date(Date.now() - 3_600_000);
  await inbox.accept(givenDelivery('ahead', { receivedAt: anHourAhead }));
  await inbox.accept(givenDelivery('behind', { receivedAt: anHourAgo }));
  expect(spool.limitsMs).toEqual([1_000, 1_000]);
  await inbox.accept(givenDelivery('slow body'), performance.now() - 2_000);
  expect(spool.limitsMs.at(-1)).toBeLessThanOrEqual(500);
});

test('the first commit after something was spooled wakes the replay, also where the database was never there before', async () => {
  const database = databaseNotThereYet();
  const { inbox, recovered } = openInbox(database, lifeboat(true), 60_000);
  expect(await inbox.accept(givenDelivery('spooled'))).toMatchObject({ place: 'spool' });
  expect(recovered()).toBe(0);
  await database.dataSource.initialize();
  expect(await inbox.accept(givenDelivery('committed'))).toMatchObject({ place: 'database' });
  expect(recovered()).toBe(1);
  await inbox.accept(givenDelivery('and another'));
  expect(recovered()).toBe(1);
});
