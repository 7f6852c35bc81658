import { runMigrations } from 'bullmq';
import pg from 'pg';
import { DEFAULT_QUEUE_SCHEMA } from './queue-store.js';

const CONNECT_TIMEOUT_MS = 10_000;

/** Prepares BullMQ's own tables for a queue on Postgres; BullMQ runs all pending steps in one transaction. */
export async function migrateQueue(
  url: string,
  schema: string = DEFAULT_QUEUE_SCHEMA,
): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  await client.connect();
  try {
    await runMigrations(client, schema);
  } finally {
    await client.end();
  }
}
