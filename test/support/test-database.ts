import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Database } from '../../src/database/database.js';
import { dataSourceOptions } from '../../src/database/data-source.js';
import type { QueueStoreOptions } from '../../src/queue/queue-store.js';
import { eventually } from './eventually.js';

/** A database of a spec's own, made from the migrated template. */
export interface TestDatabase {
  readonly url: string;
  readonly database: Database;
  /** Runs SQL and gives the rows. */
  rows<Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** The single number that a query gives, e.g. a count. */
  number(sql: string, parameters?: readonly unknown[]): Promise<number>;
  drop(): Promise<void>;
}

/** A pool that is used up keeps others waiting, and a machine that is busy new connections: both within one limit. */
const CONNECT_LIMIT_MS = 20_000;

/** The product's own options, but for the time in which it gives up a database that does not let it in. */
export function patientOptions(...given: Parameters<typeof dataSourceOptions>): DataSourceOptions {
  return Object.assign(dataSourceOptions(...given), { connectTimeoutMS: CONNECT_LIMIT_MS });
}

const server = (): string => process.env.KAKAO_SHARE_TEST_POSTGRES ?? '';

export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `kakao_share_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name} TEMPLATE ${process.env.KAKAO_SHARE_TEST_TEMPLATE ?? ''}`);
  const address = new URL(server());
  address.pathname = `/${name}`;
  const url = address.toString();
  const db = await openTestDatabase(url, 10);
  return {
    ...db,
    drop: async () => {
      await db.drop();
      // Sessions that do not end within 5 s are a reason to ask again.
      await eventually(() => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

/** A database that is there already; `drop` does no more than close the connections to it. */
export async function openTestDatabase(url: string, poolSize: number): Promise<TestDatabase> {
  const dataSource = await new DataSource(
    patientOptions(url, poolSize, 'kakao-share test'),
  ).initialize();
  const database = new Database(dataSource);
  const rows = <Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> =>
    database.query<Row>(sql, parameters);
  return {
    url,
    database,
    rows,
    number: async (sql, parameters) =>
      Number(Object.values((await rows<object>(sql, parameters))[0] ?? { none: NaN })[0]),
    drop: () => dataSource.destroy(),
  };
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The stores that carry the queue in this run: Postgres always, Redis where there is one. */
export const QUEUE_STORES: readonly {
  readonly store: string;
  readonly optionsFor: (databaseUrl: string) => QueueStoreOptions;
}[] = [
  { store: 'Postgres', optionsFor: (url) => ({ postgres: { url } }) },
  ...(process.env.KAKAO_SHARE_TEST_REDIS === undefined
    ? []
    : [
        {
          store: 'Redis',
          // A prefix per database keeps suites that share the Redis apart.
          optionsFor: (url: string): QueueStoreOptions => ({
            redis: { url: process.env.KAKAO_SHARE_TEST_REDIS ?? '' },
            prefix: new URL(url).pathname.slice(1),
          }),
        },
      ]),
];
