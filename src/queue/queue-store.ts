import { Logger } from '@nestjs/common';
import { createPostgresBackend, Queue, Worker } from 'bullmq';
import type { ConnectionOptions, Job, QueueOptions, WorkerOptions } from 'bullmq';
import pg from 'pg';
import {
  askRedisSafety,
  forProducer,
  forWorker,
  isPlainOptions,
  probeRedis,
} from './redis-connection.js';
import type { RedisSafety } from './redis-safety.js';
import { within } from '../lifecycle/within.js';

/**
 * Which store carries the jobs: Redis (or Valkey, or a cluster), or Postgres. Redis takes BullMQ's own connection
 * options or a client, so that a host application can hand over its own; it should run with AOF and `noeviction`.
 */
export type QueueStoreOptions =
  | { readonly redis: ConnectionOptions; readonly prefix?: string }
  | { readonly postgres: { readonly url: string; readonly schema?: string } };

/** BullMQ's own default; migrations put its tables there. */
export const DEFAULT_QUEUE_SCHEMA = 'bullmq';

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** A server that is frozen, or a network that swallows, does not keep the limit above. */
const ANSWER_TIMEOUT_MS = 12_000;
const PRODUCER_CONNECTIONS = 2;
const TELL_EVERY_MS = 10_000;

/** A queue whose jobs carry `Data`. */
export type JobQueue<Data> = Queue<Data, unknown>;
export type JobWorker<Data> = Worker<Data, unknown>;

/** What queues and workers have in common. */
interface Openable {
  /** Set once it is being closed: what it says then is of no interest. */
  readonly closing?: Promise<void> | undefined;
  on(event: 'error', listener: (error: Error) => void): unknown;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
  disconnect(): Promise<void>;
}

/** Opens BullMQ queues and workers on the chosen store, leaving the host's process-wide defaults alone. */
export class QueueStore {
  readonly #logger = new Logger('QueueStore');
  #toldAtMs = 0;

  constructor(readonly options: QueueStoreOptions) {}

  get kind(): 'redis' | 'postgres' {
    return 'redis' in this.options ? 'redis' : 'postgres';
  }

  /** What the Redis servers that carry the queue do with jobs; none where Postgres does. @throws when they cannot be asked */
  async redisSafety(limitMs: number): Promise<RedisSafety[]> {
    const { options } = this;
    return 'redis' in options ? askRedisSafety(options.redis, limitMs) : [];
  }

  /** @throws when the store cannot be reached now; try again later. */
  async openQueue<Data>(name: string): Promise<JobQueue<Data>> {
    const { options } = this;
    if ('redis' in options) {
      await probeRedis(options.redis, CONNECT_TIMEOUT_MS);
      const queue = new Queue(name, {
        connection: forProducer(options.redis, CONNECT_TIMEOUT_MS),
        ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
      });
      return this.#ready(queue as unknown as JobQueue<Data>);
    }
    await probePostgres(options.postgres.url);
    const open = { connection: this.#pool(options.postgres, PRODUCER_CONNECTIONS) };
    const queue = new Queue(name, open as unknown as QueueOptions<string>, createPostgresBackend);
    return this.#ready(queue as unknown as JobQueue<Data>);
  }

  /** @throws when the store cannot be reached now; try again later. */
  async openWorker<Data>(
    name: string,
    process: (job: Job<Data>) => Promise<void>,
    tuning: Omit<WorkerOptions, 'connection'>,
  ): Promise<JobWorker<Data>> {
    const { options } = this;
    if ('redis' in options) {
      await probeRedis(options.redis, CONNECT_TIMEOUT_MS);
      const worker = new Worker(name, process as (job: Job) => Promise<void>, {
        ...tuning,
        connection: forWorker(options.redis),
        ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
      });
      return this.#ready(worker as unknown as JobWorker<Data>);
    }
    await probePostgres(options.postgres.url);
    const open = {
      ...tuning,
      connection: this.#pool(options.postgres, (tuning.concurrency ?? 1) + 1),
    };
    const worker = new Worker(
      name,
      process as (job: Job) => Promise<void>,
      open as unknown as WorkerOptions<string>,
      createPostgresBackend,
    );
    return this.#ready(worker as unknown as JobWorker<Data>);
  }

  /**
   * Closes what was opened here, or is still being opened. A Redis that has frozen never answers the goodbye that BullMQ waits for:
   * after the limit it is hung up on. Never throws: whoever stops has other things to stop.
   */
  async close(opening: Promise<Openable>, limitMs: number): Promise<void> {
    const closing = opening.then(
      (opened) => opened.close(),
      // What could not be opened has nothing to close.
      () => undefined,
    );
    try {
      await within(limitMs, 'closing the queue', closing);
    } catch (error) {
      this.#logger.warn(String(error));
      void opening.then((opened) => this.#hangUp(opened)).catch(() => undefined);
    }
  }

  /** A client that was handed over is its owner's to disconnect. On Postgres BullMQ has no other way than the one that hangs. */
  async #hangUp(opened: Openable): Promise<void> {
    const { options } = this;
    if ('redis' in options && isPlainOptions(options.redis)) await opened.disconnect();
  }

  async #ready<Opened extends Openable>(opened: Opened): Promise<Opened> {
    // Without a listener an error of the connection would end the process.
    opened.on('error', (error) => {
      if (opened.closing === undefined) this.#tell(error);
    });
    try {
      await within(CONNECT_TIMEOUT_MS, 'reaching the queue store', opened.waitUntilReady());
      return opened;
    } catch (error) {
      void opened.close().catch(() => undefined);
      throw error;
    }
  }

  /** A store that is away fails many times a second; a line now and then is enough. */
  #tell(error: Error): void {
    if (Date.now() - this.#toldAtMs < TELL_EVERY_MS) return;
    this.#toldAtMs = Date.now();
    this.#logger.warn(`The queue store is in trouble: ${error.message}`);
  }

  #pool(
    { url, schema = DEFAULT_QUEUE_SCHEMA }: { url: string; schema?: string },
    max: number,
  ): object {
    return {
      connectionString: url,
      schema,
      max,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      keepAlive: true,
      Client: HeardClient,
    };
  }
}

/** BullMQ listens to no connection that it has taken out of its pool; one that is lost just then would end the process. */
class HeardClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    // What is lost shows at the next statement.
    this.on('error', () => undefined);
  }
}

/** A queue built while Postgres is down fails for ever, so the door to it is tried first. */
async function probePostgres(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  await client.connect();
  // A server that has frozen meanwhile never says goodbye, and nobody needs it to.
  void client.end().catch(() => undefined);
}
