import type { Database, Queryable } from './database.js';
import { readMigrations } from './migrate.js';

/** How the database stands towards this version of the code. */
export type SchemaState = 'current' | 'pending' | 'unreachable';

/** The database is not ready for this version of the code. */
export class SchemaNotReadyError extends Error {
  readonly code = 'KAKAO_SHARE_SCHEMA_NOT_READY';
  override readonly name = 'SchemaNotReadyError';
}

/** @throws {SchemaNotReadyError} when the database cannot be reached or lacks a migration */
export async function requireCurrentSchema(database: Database): Promise<void> {
  const state = await readSchemaState(database);
  if (state === 'unreachable') throw new SchemaNotReadyError('The database cannot be reached.');
  if (state === 'pending') {
    throw new SchemaNotReadyError(
      'Migrations are pending: run "npx nestjs-kakao-share migrate" ("npm run migrate" in a clone) against this database.',
    );
  }
}

/** Tells whether every migration of ours has been applied, asked within a transaction where one is given. Never throws. */
export async function readSchemaState(
  database: Database,
  queryable: Queryable = database,
): Promise<SchemaState> {
  if (!database.dataSource.isInitialized) return 'unreachable';
  try {
    const [table] = await queryable.query<{ present: boolean }>(
      'SELECT to_regclass($1) IS NOT NULL AS present',
      [`${database.schema}.schema_migrations`],
    );
    if (table?.present !== true) return 'pending';
    const rows = await queryable.query<{ name: string }>(
      'SELECT name FROM kakao_share.schema_migrations',
    );
    const applied = new Set(rows.map(({ name }) => name));
    return (await readMigrations()).every(({ name }) => applied.has(name)) ? 'current' : 'pending';
  } catch {
    return 'unreachable';
  }
}
