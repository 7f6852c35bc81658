import pg from 'pg';
import { migrate } from '../../src/database/migrate.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenSchemaBefore } from './given-schema.js';

/** It changes shares, and the next one destinations. */
const TWO_TABLES = '0016';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
  await givenSchemaBefore(db, TWO_TABLES);
});
afterAll(() => db.drop());

test('a migration that meets a process at work in the wrong order begins again, and ends', async () => {
  const working = new pg.Client({ connectionString: db.url });
  await working.connect();
  // Of the two that wait for each other it is the migration that finds out.
  await working.query(`SET deadlock_timeout = '10min'; BEGIN`);
  await working.query('SELECT count(*) FROM kakao_share.destinations');
  const migrating = migrate(db.url);
  await eventually(async () => {
    const waiting = await db.number(
      `SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'kakao_share.destinations'::regclass`,
    );
    expect(waiting).toBe(1);
  });
  await working.query('SELECT count(*) FROM kakao_share.shares');
  await working.query('COMMIT');
  await working.end();
  expect((await migrating)[0]).toMatch(TWO_TABLES);
});
