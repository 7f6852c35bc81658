import { selectNumber, type ConsumerConnection } from './consumer-connection.js';

/** Where the consumer keeps what it handled. */
export interface InboxTable {
  /** Default: what the connection's `search_path` finds first. */
  readonly schema?: string;
  /** Default `kakao_share_inbox`. */
  readonly table?: string;
}

/** A name that cannot be put into SQL. */
export class InboxNameError extends Error {
  readonly code = 'KAKAO_SHARE_INBOX_NAME';
  override readonly name = 'InboxNameError';
}

const DEFAULT_TABLE = 'kakao_share_inbox';
/** Leaves room for what Postgres appends to make the names of its indexes. */
const NAME = /^[a-z_][a-z0-9_]{0,49}$/;
/** Beyond any name of a consumer and any id of ours, and far below what an index takes. */
const MAX_TEXT_BYTES = 256;

/** The table's name as SQL takes it. @throws {InboxNameError} */
export function inboxTableName({ schema, table = DEFAULT_TABLE }: InboxTable): string {
  const parts = schema === undefined ? [table] : [schema, table];
  if (!parts.every((part) => NAME.test(part))) {
    throw new InboxNameError(
      'A schema or table of an inbox is named with lower-case letters, digits and "_", at most 50, and starts with no digit.',
    );
  }
  return parts.map((part) => `"${part}"`).join('.');
}

/**
 * Creates the inbox's table where there is none; the schema must be there. Any number of processes may do it at once. For a
 * migration of your own, run it there.
 */
export async function createInboxTable(
  connection: ConsumerConnection,
  where: InboxTable = {},
): Promise<void> {
  const name = inboxTableName(where);
  const { table = DEFAULT_TABLE } = where;
  // IF NOT EXISTS does not see a table that another transaction is creating: that one shows as one of these errors.
  await connection.query(`
    DO $$ BEGIN
      CREATE TABLE IF NOT EXISTS ${name} (
        consumer   text        NOT NULL CHECK (octet_length(consumer) BETWEEN 1 AND ${MAX_TEXT_BYTES}),
        event_id   text        NOT NULL CHECK (octet_length(event_id) BETWEEN 1 AND ${MAX_TEXT_BYTES}),
        handled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (consumer, event_id)
      );
      CREATE INDEX IF NOT EXISTS "${table}_by_time" ON ${name} (handled_at);
    EXCEPTION WHEN unique_violation OR duplicate_table OR duplicate_object THEN NULL;
    END $$`);
}

/**
 * Forgets the oldest of what was handled before `olderThan`, at most `limit` of them: call again while it gives `limit`.
 * An event that comes once more after that is handled once more, so keep what can still come: transports repeat for days, and
 * an operator can replay as far back as the service keeps events.
 * @returns how many were forgotten
 */
export async function forgetHandled(
  connection: ConsumerConnection,
  olderThan: Date,
  limit: number,
  where: InboxTable = {},
): Promise<number> {
  const name = inboxTableName(where);
  return selectNumber(
    connection,
    `WITH old AS (
       SELECT consumer, event_id FROM ${name} WHERE handled_at < $1 ORDER BY handled_at LIMIT $2 FOR UPDATE SKIP LOCKED),
     gone AS (
       DELETE FROM ${name} i USING old WHERE (i.consumer, i.event_id) = (old.consumer, old.event_id) RETURNING 1)
     SELECT count(*)::int AS forgotten FROM gone`,
    [olderThan, limit],
  );
}
