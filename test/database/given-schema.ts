import { readMigrations } from '../../src/database/migrate.js';
import type { TestDatabase } from '../support/test-database.js';

/** Puts a database back to where it was before a migration: our tables as they were then, and nothing in them. */
export async function givenSchemaBefore(db: TestDatabase, first: string): Promise<void> {
  await db.rows('DROP SCHEMA kakao_share CASCADE');
  await db.rows('CREATE SCHEMA kakao_share');
  await db.rows(
    `CREATE TABLE kakao_share.schema_migrations (
       name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  );
  for (const { name, sql, checksum } of await readMigrations()) {
    if (name >= first) break;
    await db.rows(`SET search_path = kakao_share; ${sql}; RESET search_path`);
    await db.rows('INSERT INTO kakao_share.schema_migrations (name, checksum) VALUES ($1, $2)', [
      name,
      checksum,
    ]);
  }
}
