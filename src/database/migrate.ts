import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import pg from 'pg';
import { DEFAULT_SCHEMA } from './database.js';
import { retryConflicts } from './retry-conflicts.js';

/** The SQL files lie beside `src/` and `dist/` alike. */
const MIGRATIONS_FOLDER = new URL('../../migrations/', import.meta.url);
/** Any number, as long as it is ours: one migration at a time per database. */
const MIGRATION_LOCK = 4_721_809_256;
const CONNECT_TIMEOUT_MS = 10_000;
/** Other transactions must not be blocked for long behind a migration that waits for a lock itself. */
const LOCK_TIMEOUT_MS = 30_000;

export class MigrationError extends Error {
  readonly code = 'KAKAO_SHARE_MIGRATION';
  override readonly name = 'MigrationError';
}

export interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

let reading: Promise<readonly Migration[]> | undefined;

/** Our migrations, in order. Read once per process: they come with the code. */
export async function readMigrations(): Promise<readonly Migration[]> {
  reading ??= readFiles();
  try {
    return await reading;
  } catch (error) {
    // Nothing wrong with the files themselves: too many were open, say.
    reading = undefined;
    throw error;
  }
}

async function readFiles(): Promise<Migration[]> {
  const names = (await readdir(MIGRATIONS_FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, MIGRATIONS_FOLDER), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Brings the schema up to date: all pending migrations in one transaction, or none. Begun again where it and a process at work have
 * waited for each other's locks.
 *
 * @param url where the database is
 * @param schema the schema that holds all our tables, `kakao_share` by default; created when missing
 * @returns the names of the migrations that were applied
 * @throws {MigrationError} when an applied migration's file has been changed, or the server is older than 15
 */
export async function migrate(url: string, schema: string = DEFAULT_SCHEMA): Promise<string[]> {
  return retryConflicts(() => migrateOnce(url, schema));
}

async function migrateOnce(url: string, schema: string): Promise<string[]> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  await client.connect();
  try {
    await client.query(`BEGIN; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const applied = await applyPending(client, schema);
    await client.query('COMMIT');
    return applied;
  } finally {
    await client.end();
  }
}

async function applyPending(client: pg.Client, schema: string): Promise<string[]> {
  await requirePostgres15(client);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${client.escapeIdentifier(schema)}`);
  await client.query(`SET LOCAL search_path = ${client.escapeIdentifier(schema)}`);
  await client.query(
    `CREATE TABLE IF NOT EXISTS schema_migrations (
       name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  );
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM schema_migrations',
  );
  const known = new Map(rows.map((row) => [row.name, row.checksum]));
  const applied: string[] = [];
  for (const { name, sql, checksum } of await readMigrations()) {
    const before = known.get(name);
    if (before === checksum) continue;
    if (before !== undefined) {
      throw new MigrationError(
        `${name} was changed after it had been applied: restore it and add a new migration.`,
      );
    }
    await client.query(sql);
    await client.query('INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)', [
      name,
      checksum,
    ]);
    applied.push(name);
  }
  return applied;
}

async function requirePostgres15(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: string }>(
    `SELECT current_setting('server_version_num') AS version`,
  );
  if (Number(rows[0]?.version) < 150_000)
    throw new MigrationError('PostgreSQL 15 or later is needed.');
}
