import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { isConnectionLoss } from './database-errors.js';
import { ignoreError, watchConnections, type Connection } from './connection.js';
import { obtainConnection } from './obtain-connection.js';

/** Anything that runs SQL: the database itself, or a transaction that the caller can see. */
export interface Queryable {
  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/** A transaction in progress; what takes one writes within it. */
export interface Transaction extends Queryable {
  readonly isTransaction: true;
}

export interface TransactionLimits {
  /** How long to wait for a connection, ms; by default as long as the pool's owner has decided. */
  readonly connectionTimeoutMs?: number;
  /** How long one statement may run, ms. */
  readonly statementTimeoutMs: number;
  /** How long to wait for a lock, ms; at most the statement's time by default. */
  readonly lockTimeoutMs?: number;
}

/** Runs transactions: on the pool, or on a connection beside it. */
export interface Transactor {
  transaction<T>(limits: TransactionLimits, work: (tx: Transaction) => Promise<T>): Promise<T>;
}

/** The schema that SQL in this code base names; another one is put in its place when so configured. */
export const DEFAULT_SCHEMA = 'kakao_share';
/** A process that freezes in a transaction must not keep its locks: others settle the same campaign. */
const IDLE_IN_TRANSACTION_MS = 10_000;
/** For a statement outside a transaction, whatever limits a host's data source has: the server may be gone without a word. */
const QUERY_LIMIT_MS = 65_000;
/** What an answer may take beyond the statement's own limit before the connection counts as dead. */
const ANSWER_MARGIN_MS = 500;
const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/** A setting of ours that the database cannot take. */
export class DatabaseOptionError extends Error {
  readonly code = 'KAKAO_SHARE_DATABASE_OPTION';
  override readonly name = 'DatabaseOptionError';
}

/**
 * Plain SQL on a TypeORM data source, the host's or our own, in one schema. Durable means flushed: every transaction is
 * READ COMMITTED with `synchronous_commit = on`, whatever the role's default.
 */
export class Database implements Queryable, Transactor {
  readonly #statements = new Map<string, string>();

  constructor(
    readonly dataSource: DataSource,
    readonly schema: string = DEFAULT_SCHEMA,
  ) {
    if (!SCHEMA_NAME.test(schema)) {
      throw new DatabaseOptionError(
        'A schema name is lower-case letters, digits and "_", and starts with no digit.',
      );
    }
  }

  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.#onConnection(async (connection) => {
      const { rows } = await connection.query({
        text: this.inSchema(sql),
        values: [...parameters],
        query_timeout: QUERY_LIMIT_MS,
      });
      return rows as Row[];
    });
  }

  async transaction<T>(
    limits: TransactionLimits,
    work: (tx: Transaction) => Promise<T>,
  ): Promise<T> {
    return this.#onConnection(
      (connection) => runTransaction(connection, limits, this.inSchema, work),
      limits.connectionTimeoutMs,
    );
  }

  /** SQL with our schema's name in place. */
  readonly inSchema = (sql: string): string => {
    if (this.schema === DEFAULT_SCHEMA) return sql;
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = sql.replaceAll(`${DEFAULT_SCHEMA}.`, `${this.schema}.`);
    this.#statements.set(sql, statement);
    return statement;
  };

  /** A connection that was lost, or that does not answer, goes back to be closed: never half-way through something. */
  async #onConnection<T>(
    work: (connection: Connection) => Promise<T>,
    connectionTimeoutMs?: number,
  ): Promise<T> {
    const driver = this.dataSource.driver as PostgresDriver;
    watchConnections(driver.master as Pool | undefined);
    const [connection, release] = await obtainConnection(driver, connectionTimeoutMs);
    connection.on('error', ignoreError);
    let broken = false;
    try {
      return await work(connection);
    } catch (error) {
      broken = isConnectionLoss(error);
      throw error;
    } finally {
      release(broken);
      connection.off('error', ignoreError);
    }
  }
}

/** Begins, works, commits: on a connection that nobody else uses meanwhile. */
export async function runTransaction<T>(
  connection: Connection,
  limits: TransactionLimits,
  inSchema: (sql: string) => string,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const answerLimitMs = limits.statementTimeoutMs + ANSWER_MARGIN_MS;
  const run = (text: string, values?: unknown[]): Promise<{ rows: unknown[] }> =>
    connection.query({
      text,
      query_timeout: answerLimitMs,
      ...(values === undefined ? {} : { values }),
    });
  await run(beginning(limits));
  try {
    const result = await work({
      isTransaction: true,
      query: async <Row>(sql: string, parameters: readonly unknown[] = []) =>
        (await run(inSchema(sql), [...parameters])).rows as Row[],
    });
    await run('COMMIT');
    return result;
  } catch (error) {
    // Where even that fails, the connection is what was lost.
    if (!isConnectionLoss(error)) await run('ROLLBACK');
    throw error;
  }
}

/** One round trip: the event loop of a busy door makes each of them wait behind requests. */
function beginning({
  statementTimeoutMs,
  lockTimeoutMs = statementTimeoutMs,
}: TransactionLimits): string {
  return [
    'START TRANSACTION ISOLATION LEVEL READ COMMITTED',
    'SET LOCAL synchronous_commit = on',
    `SET LOCAL statement_timeout = ${statementTimeoutMs}`,
    `SET LOCAL lock_timeout = ${lockTimeoutMs}`,
    `SET LOCAL idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`,
  ].join('; ');
}
