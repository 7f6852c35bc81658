import type { DataSource, QueryRunner } from 'typeorm';

/** Anything that runs SQL: the database itself, or a transaction that the caller can see. */
export interface Queryable {
  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/** A transaction in progress; what takes one writes within it. */
export interface Transaction extends Queryable {
  readonly isTransaction: true;
}

export interface TransactionLimits {
  /** How long one statement may run, ms. */
  readonly statementTimeoutMs: number;
  /** How long to wait for a lock, ms; at most the statement's time by default. */
  readonly lockTimeoutMs?: number;
}

/** The schema that SQL in this code base names; another one is put in its place when so configured. */
export const DEFAULT_SCHEMA = 'kakao_share';
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
export class Database implements Queryable {
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
    const runner = this.dataSource.createQueryRunner();
    try {
      return await this.#run(runner, sql, parameters);
    } finally {
      await runner.release();
    }
  }

  async transaction<T>(
    limits: TransactionLimits,
    work: (tx: Transaction) => Promise<T>,
  ): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    const { statementTimeoutMs, lockTimeoutMs = statementTimeoutMs } = limits;
    try {
      // One round trip: the event loop of a busy door makes each of them wait behind requests.
      await runner.query(
        `START TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit = on; ` +
          `SET LOCAL statement_timeout = ${statementTimeoutMs}; SET LOCAL lock_timeout = ${lockTimeoutMs}`,
      );
      const result = await work({
        isTransaction: true,
        query: (sql, parameters = []) => this.#run(runner, sql, parameters),
      });
      await runner.query('COMMIT');
      return result;
    } catch (error) {
      // A lost connection has rolled back already; the first error is the one to tell.
      await runner.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
  }

  async #run<Row>(
    runner: QueryRunner,
    sql: string,
    parameters: readonly unknown[],
  ): Promise<Row[]> {
    const result = (await runner.query(this.#inSchema(sql), [...parameters], true)) as {
      records?: Row[];
    };
    return result.records ?? [];
  }

  #inSchema(sql: string): string {
    if (this.schema === DEFAULT_SCHEMA) return sql;
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = sql.replaceAll(`${DEFAULT_SCHEMA}.`, `${this.schema}.`);
    this.#statements.set(sql, statement);
    return statement;
  }
}
