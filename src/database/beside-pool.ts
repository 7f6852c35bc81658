import type { Client, Pool } from 'pg';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { within } from '../lifecycle/within.js';
import { ignoreError } from './connection.js';
import { isConnectionLoss } from './database-errors.js';
import {
  runTransaction,
  type Database,
  type Transaction,
  type TransactionLimits,
  type Transactor,
} from './database.js';

const CONNECT_LIMIT_MS = 5_000;

/** There is no server to connect to yet. */
export class DataSourceClosedError extends Error {
  readonly code = 'KAKAO_SHARE_DATA_SOURCE_CLOSED';
  override readonly name = 'DataSourceClosedError';
}

/** Whoever owned the connection has ended it for good. */
export class ConnectionClosedError extends Error {
  readonly code = 'KAKAO_SHARE_CONNECTION_CLOSED';
  override readonly name = 'ConnectionClosedError';
}

/** A connection like those of the pool, and none of them: a pool may be as small as its owner likes. */
export async function connectBesidePool(database: Database): Promise<Client> {
  const pool = (database.dataSource.driver as PostgresDriver).master as
    (Pool & { readonly Client: new (options: Pool['options']) => Client }) | undefined;
  if (pool === undefined) throw new DataSourceClosedError('The data source is not initialised.');
  const client = new pool.Client(pool.options);
  // An error that nobody hears ends the process; what was lost shows at the next statement.
  client.on('error', ignoreError);
  try {
    await within(CONNECT_LIMIT_MS, 'connecting', client.connect());
    return client;
  } catch (error) {
    void client.end().catch(ignoreError);
    throw error;
  }
}

/** Runs transactions one after the other on one connection beside the pool, opened at its first use and after each loss. */
export class SideConnection implements Transactor {
  #client: Client | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(private readonly database: Database) {}

  transaction<T>(limits: TransactionLimits, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const running = this.#last.then(() => this.#run(limits, work));
    this.#last = running.catch(ignoreError);
    return running;
  }

  /** Ends the connection for good, also under somebody who still works on it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#hangUp();
  }

  async #hangUp(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(ignoreError);
  }

  async #connected(): Promise<Client> {
    if (!this.#isClosed) this.#client ??= await connectBesidePool(this.database);
    // It may have been closed while this was connecting: then nobody else would end it.
    if (this.#isClosed) await this.#hangUp();
    if (this.#client === undefined) throw new ConnectionClosedError('This connection is closed.');
    return this.#client;
  }

  async #run<T>(limits: TransactionLimits, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const client = await this.#connected();
    try {
      return await runTransaction(client, limits, this.database.inSchema, work);
    } catch (error) {
      if (isConnectionLoss(error)) void this.#hangUp();
      throw error;
    }
  }
}
