import pg from 'pg';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import type { Database } from '../../src/database/database.js';
import { listen } from '../../src/database/listen.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** The next probe comes 15 s after the first. */
const LESS_THAN_A_PROBE_MS = 14_000;

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.drop());

function poolOf(database: Database): pg.Pool {
  return (database.dataSource.driver as PostgresDriver).master as pg.Pool;
}

/** The database, whose new connections call `onProbe` while a probe of theirs is answered. */
function whileProbing(onProbe: () => void): Database {
  class ProbedClient extends pg.Client {
    override query(...given: unknown[]): never {
      const [query] = given as [{ text?: string } | undefined];
      if (query?.text === 'SELECT 1') onProbe();
      return Reflect.apply(super.query.bind(this), this, given) as never;
    }
  }
  const master = { Client: ProbedClient, options: poolOf(db.database).options };
  return { dataSource: { driver: { master } } } as unknown as Database;
}

test(
  'who stops listening while the connection is being probed does not wait for the next probe',
  async () => {
    const stopping = new AbortController();
    const database = whileProbing(() => {
      stopping.abort();
    });
    await listen(database, 'a_channel', stopping.signal, () => undefined);
    expect(stopping.signal.aborted).toBe(true);
  },
  LESS_THAN_A_PROBE_MS,
);

test('listening takes no connection of the pool, however small that is, and hears what is notified', async () => {
  const stopping = new AbortController();
  const heard: (string | undefined)[] = [];
  let listening: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve) => {
    listening = listen(db.database, 'a_channel', stopping.signal, (payload) => {
      heard.push(payload);
      if (heard.length === 1) void db.rows(`SELECT pg_notify('a_channel', 'news')`);
      else resolve();
    });
  });
  const pool = poolOf(db.database);
  await eventually(() => {
    expect(pool.totalCount - pool.idleCount).toBe(0);
  });
  stopping.abort();
  await listening;
  expect(heard).toEqual([undefined, 'news']);
});
