import pg from 'pg';

/** Sessions of this name, and those of the test's own data source, are spared. */
export const TEST_NAME = 'the test';

/** A row for each session that is ended. */
export const END_SESSIONS = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND application_name NOT IN ('${TEST_NAME}', 'kakao-share test')`;

/** Ends every session of a server. */
export async function endSessions(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: TEST_NAME });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(END_SESSIONS);
  } finally {
    await client.end();
  }
}
