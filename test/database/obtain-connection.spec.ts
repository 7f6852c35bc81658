import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { Database } from '../../src/database/database.js';
import { createTestDatabase, patientOptions, type TestDatabase } from '../support/test-database.js';

/** As many as a pool may leave unanswered. */
const LATE = 8;
const LIMITS = { statementTimeoutMs: 20_000 };
/** Nobody gives a connection back meanwhile, however long it is. */
const HASTY = { ...LIMITS, connectionTimeoutMs: 20 };
/** Longer than any machine needs to hand over a connection that is free. */
const PATIENT = { ...LIMITS, connectionTimeoutMs: 20_000 };

const LATE_ANSWER = 'connecting took longer than 20 ms';
const REFUSAL = 'The pool has given no connection for some time.';

let db: TestDatabase;
let dataSource: DataSource;
let database: Database;
let giveBack: () => void;

/** A pool of one connection, and somebody else has it. */
beforeEach(async () => {
  db = await createTestDatabase();
  // As a host's: it waits as long as it takes.
  dataSource = await new DataSource({
    ...patientOptions(db.url, 1, 'exhausted'),
    connectTimeoutMS: 0,
  } as never).initialize();
  database = new Database(dataSource);
  const driver = dataSource.driver as PostgresDriver;
  [, giveBack] = (await driver.obtainMasterConnection()) as [unknown, () => void];
});
afterEach(async () => {
  if (dataSource.isInitialized) await dataSource.destroy();
  await db.drop();
});

async function ask(limits: typeof HASTY): Promise<unknown> {
  return database
    .transaction(limits, (tx) => tx.query('SELECT 1 AS one'))
    .catch((error: unknown) => (error as Error).message);
}

async function exhaust(): Promise<void> {
  const answers = await Promise.all(Array.from({ length: LATE }, () => ask(HASTY)));
  expect(answers).toEqual(Array.from({ length: LATE }, () => LATE_ANSWER));
}

function waiting(): number {
  return ((dataSource.driver as PostgresDriver).master as { waitingCount: number }).waitingCount;
}

test('a pool that gives nothing is left no more than eight requests to answer, and works once it gives again', async () => {
  await exhaust();
  expect(waiting()).toBe(LATE);
  expect(await ask(PATIENT)).toBe(REFUSAL);
  expect(waiting()).toBe(LATE);
  giveBack();
  // Without a limit: it stands behind the eight, which go back unused.
  expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(await ask(PATIENT)).toEqual([{ one: 1 }]);
});

test('a data source that is destroyed with eight requests unanswered, and initialised again, works again', async () => {
  await exhaust();
  const destroying = dataSource.destroy();
  giveBack();
  await destroying;
  await dataSource.initialize();
  expect(await ask(PATIENT)).toEqual([{ one: 1 }]);
});
