import { ConnectionClosedError, SideConnection } from '../../src/database/beside-pool.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const LIMITS = { statementTimeoutMs: 20_000 };
const PID = 'SELECT pg_backend_pid() AS pid';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const pidOf = async (side: SideConnection): Promise<number> => {
  const [row] = await side.transaction(LIMITS, (tx) => tx.query<{ pid: number }>(PID));
  return row?.pid ?? 0;
};
const sessions = (pid: number): Promise<number> =>
  db.number('SELECT count(*) FROM pg_stat_activity WHERE pid = $1', [pid]);

test('a connection that was lost is opened again, one that was closed is not', async () => {
  const side = new SideConnection(db.database);
  const pid = await pidOf(side);
  await db.rows('SELECT pg_terminate_backend($1, 5000)', [pid]);
  await expect(pidOf(side)).rejects.toThrow();
  expect(await pidOf(side)).not.toBe(pid);
  await side.close();
  await expect(pidOf(side)).rejects.toThrow(ConnectionClosedError);
});

test('closing ends the connection under whoever works on it, and leaves nobody another one', async () => {
  const side = new SideConnection(db.database);
  const pid = await pidOf(side);
  const working = side.transaction(LIMITS, (tx) => tx.query('SELECT pg_sleep(20)'));
  const cut = expect(working).rejects.toThrow();
  const next = expect(pidOf(side)).rejects.toThrow(ConnectionClosedError);
  await eventually(async () => {
    const busy = `SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND query LIKE '%pg_sleep%'`;
    expect(await db.number(busy, [pid])).toBe(1);
  });
  await side.close();
  await cut;
  await next;
  await db.rows('SELECT pg_terminate_backend($1, 5000)', [pid]);
  expect(await sessions(pid)).toBe(0);
});

test('one that is closed while it connects is ended once it is there', async () => {
  const side = new SideConnection(db.database);
  const connecting = expect(pidOf(side)).rejects.toThrow(ConnectionClosedError);
  await side.close();
  await connecting;
});
