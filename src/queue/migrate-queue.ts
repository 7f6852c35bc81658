import { runMigrations } from 'bullmq';
import pg from 'pg';
import { DEFAULT_QUEUE_SCHEMA } from './queue-store.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** An index on a table with a million jobs takes seconds. */
const STATEMENT_TIMEOUT_MS = 120_000;
/** Running workers hold their locks for milliseconds. */
const LOCK_TIMEOUT_MS = 30_000;
/** A server that is frozen does not keep its own limits. */
const ANSWER_TIMEOUT_MS = 125_000;

/** Prepares BullMQ's own tables for a queue on Postgres; BullMQ runs all pending steps in one transaction. @throws when the server does not do it in time: then nothing is done, and it can be repeated */
export async function migrateQueue(
  url: string,
  schema: string = DEFAULT_QUEUE_SCHEMA,
): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
  });
  await client.connect();
  try {
    await runMigrations(client, schema);
  } finally {
    await client.end();
  }
}
