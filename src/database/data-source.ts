import type { DataSourceOptions } from 'typeorm';

/** Reaching a database that is there takes milliseconds. */
const CONNECT_TIMEOUT_MS = 2_000;
const IDLE_TIMEOUT_MS = 30_000;

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
    extra: { idleTimeoutMillis: IDLE_TIMEOUT_MS, keepAlive: true },
    // A dropped idle connection is replaced at its next use; that is no error of ours.
    poolErrorHandler: () => undefined,
  };
}
