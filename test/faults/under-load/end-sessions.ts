import pg from 'pg';

/** Sessions of this name, and those of the test's own data source, are spared. */
export const TEST_NAME = 'the test';

const OTHERS = `
  FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND application_name NOT IN ('${TEST_NAME}', 'kakao-share test')`;

/** A row for each session that is ended. */
export const END_SESSIONS = `SELECT pg_terminate_backend(pid) ${OTHERS}`;

/** Ends every session of a server. @returns how many there were */
export function endSessions(url: string): Promise<number> {
  return rowsOf(url, END_SESSIONS);
}

/** How many sessions others have on a server. */
export function countSessions(url: string): Promise<number> {
  return rowsOf(url, `SELECT pid ${OTHERS}`);
}

async function rowsOf(url: string, statement: string): Promise<number> {
  const client = new pg.Client({ connectionString: url, application_name: TEST_NAME });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(statement)).rows.length;
  } finally {
    await client.end();
  }
}
