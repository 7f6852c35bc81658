import pg from 'pg';

/** The server is on this machine and has just said that it is ready. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Connects once, which proves that the server answers, and makes the database when it is missing. */
export async function ensureDatabase(url: URL): Promise<void> {
  const database = url.pathname.slice(1);
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  const client = new pg.Client({
    connectionString: maintenance.href,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A connection that breaks rejects the query too; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) {
      await client.query(`CREATE DATABASE ${pg.escapeIdentifier(database)}`);
    }
  } finally {
    await client.end();
  }
}
