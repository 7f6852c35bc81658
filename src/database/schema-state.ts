import type { Database } from './database.js';
import { readMigrations } from './migrate.js';

/** How the database stands towards this version of the code. */
export type SchemaState = 'current' | 'pending' | 'unreachable';

/** Tells whether every migration of ours has been applied. Never throws. */
export async function readSchemaState(database: Database): Promise<SchemaState> {
  if (!database.dataSource.isInitialized) return 'unreachable';
  try {
    const [table] = await database.query<{ present: boolean }>(
      'SELECT to_regclass($1) IS NOT NULL AS present',
      [`${database.schema}.schema_migrations`],
    );
    if (table?.present !== true) return 'pending';
    const rows = await database.query<{ name: string }>(
      'SELECT name FROM kakao_share.schema_migrations',
    );
    const applied = new Set(rows.map(({ name }) => name));
    return (await readMigrations()).every(({ name }) => applied.has(name)) ? 'current' : 'pending';
  } catch {
    return 'unreachable';
  }
}
