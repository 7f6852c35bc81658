import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { DataSource } from 'typeorm';
import { Database } from '../../src/database/database.js';
import { isConnectionLoss } from '../../src/database/database-errors.js';
import { dataSourceOptions } from '../../src/database/data-source.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const LIMITS = { statementTimeoutMs: 5_000 };

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

/** A message as Postgres sends it when it is being shut down. */
function shutdownMessage(): Buffer {
  const fields = Buffer.from(
    'SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0',
  );
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + fields.length);
  return Buffer.concat([Buffer.from('E'), length, fields]);
}

/** Stands before the server and, once armed, ends each new connection in the very packet that says it is ready. */
async function startTrap(url: URL): Promise<{ server: Server; url: string; arm: () => void }> {
  let armed = false;
  const server = createServer((client) => {
    const upstream = connect(Number(url.port), url.hostname);
    const ends = armed;
    client.on('error', () => undefined).pipe(upstream);
    upstream.on('error', () => undefined).on('close', () => client.end());
    upstream.on('data', (data) => {
      const isReady = data.length >= 6 && data.at(-6) === 'Z'.charCodeAt(0);
      client.write(ends && isReady ? Buffer.concat([data, shutdownMessage()]) : data);
      if (ends && isReady) upstream.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const trapped = new URL(url);
  trapped.port = String((server.address() as AddressInfo).port);
  return { server, url: trapped.href, arm: () => (armed = true) };
}

test('a connection that is ended as soon as it is opened is an error of the statement, not the end of the process', async () => {
  const trap = await startTrap(new URL(db.url));
  const dataSource = await new DataSource(dataSourceOptions(trap.url, 5, 'trapped')).initialize();
  const database = new Database(dataSource);
  trap.arm();
  const results = await Promise.allSettled([1, 2, 3].map(() => database.query('SELECT 1')));
  const errors = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  expect(errors.length).toBeGreaterThan(0);
  expect(errors.every(isConnectionLoss)).toBe(true);
  await dataSource.destroy();
  trap.server.close();
});

test('a backend that is killed between two statements of a transaction is a lost connection, and the next one works', async () => {
  const killed = db.database.transaction(LIMITS, async (tx) => {
    const [self] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await db.rows('SELECT pg_terminate_backend($1, 5000)', [self?.pid]);
    await tx.query('SELECT 1');
  });
  await expect(killed.catch(isConnectionLoss)).resolves.toBe(true);
  await expect(
    db.database.transaction(LIMITS, (tx) => tx.query('SELECT 1 AS one')),
  ).resolves.toEqual([{ one: 1 }]);
});

test('a transaction that fails leaves nothing behind, neither rows nor an open transaction', async () => {
  await expect(
    db.database.transaction(LIMITS, async (tx) => {
      await tx.query(
        `INSERT INTO kakao_share.users (id, app, user_id) VALUES (gen_random_uuid(), 'a', 'gone')`,
      );
      await tx.query('SELECT 1 / 0');
    }),
  ).rejects.toThrow(/division by zero/);
  expect(await db.number(`SELECT count(*) FROM kakao_share.users WHERE user_id = 'gone'`)).toBe(0);
  expect(
    await db.number(
      `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
    ),
  ).toBe(0);
});

test('durable means flushed, and silence is bounded, whatever the role has set', async () => {
  const [settings] = await db.database.transaction(
    { statementTimeoutMs: 1_234, lockTimeoutMs: 321 },
    (tx) =>
      tx.query<Record<string, string>>(
        `SELECT current_setting('synchronous_commit') AS flushed, current_setting('statement_timeout') AS statement,
              current_setting('lock_timeout') AS lock, current_setting('idle_in_transaction_session_timeout') AS silence,
              current_setting('transaction_isolation') AS isolation`,
      ),
  );
  expect(settings).toEqual({
    flushed: 'on',
    statement: '1234ms',
    lock: '321ms',
    silence: '10s',
    isolation: 'read committed',
  });
});

test('a connection that swallows everything is given up soon after the statement’s own limit, and another one is opened', async () => {
  const swallowed = new Set<Socket>();
  let swallowing = false;
  const { port, hostname } = new URL(db.url);
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    upstream.on('error', () => undefined);
    client.on('error', () => undefined).on('close', () => upstream.destroy());
    upstream.on('data', (data) => client.write(data));
    client.on('data', (data) => {
      if (swallowing && !swallowed.has(client)) return;
      upstream.write(data);
    });
    // Those that come while the others are swallowed work.
    if (swallowing) swallowed.add(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(db.url);
  url.port = String((server.address() as AddressInfo).port);
  const dataSource = await new DataSource(dataSourceOptions(url.href, 1, 'swallowed')).initialize();
  const database = new Database(dataSource);
  await database.query('SELECT 1');
  swallowing = true;
  const startedAt = performance.now();
  const lost = database.transaction({ statementTimeoutMs: 300 }, (tx) => tx.query('SELECT 1'));
  await expect(lost.catch(isConnectionLoss)).resolves.toBe(true);
  // Any other limit would have ended it a minute later.
  expect(performance.now() - startedAt).toBeLessThan(30_000);
  await expect(database.transaction(LIMITS, (tx) => tx.query('SELECT 1 AS one'))).resolves.toEqual([
    { one: 1 },
  ]);
  await dataSource.destroy();
  server.close();
});
