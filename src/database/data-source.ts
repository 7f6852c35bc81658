import type { DataSourceOptions } from 'typeorm';

/** Reaching a database that is there takes milliseconds. */
const CONNECT_TIMEOUT_MS = 2_000;
const IDLE_TIMEOUT_MS = 30_000;
/** For statements outside a transaction, which sets its own limits; verification of large books is the longest. */
const STATEMENT_TIMEOUT_MS = 60_000;
/** A server that is frozen does not keep its own limit. */
const ANSWER_TIMEOUT_MS = 65_000;

/** Our own data source. Tables are made by migrations alone, and all SQL is written out. */
export function dataSourceOptions(
  url: string,
  poolSize: number,
  applicationName: string,
): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    synchronize: false,
    migrationsRun: false,
    logging: false,
    applicationName,
    poolSize,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: {
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      keepAlive: true,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
    },
    // A dropped idle connection is replaced at its next use; that is no error of ours.
    poolErrorHandler: () => undefined,
  };
}
