/**
 * A connection of the consumer's own: a `pg` client, a TypeORM `EntityManager` or `QueryRunner`, or anything else that runs
 * SQL with `$1` parameters and answers with rows, or with an object that has them.
 */
export interface ConsumerConnection {
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
}

/** What was given as a connection answers in no shape that we know. */
export class ConsumerConnectionError extends Error {
  readonly code = 'KAKAO_SHARE_CONSUMER_CONNECTION';
  override readonly name = 'ConsumerConnectionError';
}

/** Runs a SELECT that gives one number. Only a SELECT is answered in the same shape by every client. */
export async function selectNumber(
  connection: ConsumerConnection,
  sql: string,
  parameters: unknown[],
): Promise<number> {
  const answer = await connection.query(sql, parameters);
  const rows: unknown = Array.isArray(answer)
    ? answer
    : (answer as { rows?: unknown } | null | undefined)?.rows;
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined;
  const value: unknown = Object.values(row ?? {})[0];
  if (typeof value !== 'number') {
    throw new ConsumerConnectionError(
      'The connection answers neither with rows nor with an object that has them. Give a pg client, a TypeORM EntityManager or ' +
        'QueryRunner, or wrap yours: { query: async (sql, parameters) => rows }.',
    );
  }
  return value;
}

/** The code that Postgres gave, where it was Postgres that refused. */
export function postgresCode(error: unknown): unknown {
  return error instanceof Error ? (error as { code?: unknown }).code : undefined;
}
