import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source.js';
import { Database } from '../../src/database/database.js';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/database/embedded-postgres/start-embedded-postgres.js';
import { migrate } from '../../src/database/migrate.js';
import { migrateQueue } from '../../src/queue/migrate-queue.js';
import type { TestDatabase } from '../support/test-database.js';

/** A Postgres of a suite's own, at one address for good, to be killed and started again. */
export interface PrivatePostgres {
  readonly db: TestDatabase;
  /** Kills the server as a crash would: nothing is flushed, every session is cut. */
  kill(): Promise<void>;
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPrivatePostgres(): Promise<PrivatePostgres> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kakao-share-private-'));
  await chmod(folder, 0o755);
  const start = (): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres') });
  let server = await start();
  await migrate(server.url);
  await migrateQueue(server.url);
  // The server takes another port at each start; whoever uses it keeps this one.
  const proxy = await startProxy(() => Number(new URL(server.url).port));
  const url = new URL(server.url);
  url.port = `${proxy.port}`;
  const dataSource = await new DataSource(
    dataSourceOptions(url.href, 4, 'kakao-share test'),
  ).initialize();
  const database = new Database(dataSource);
  const rows = <Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> =>
    database.query<Row>(sql, parameters);
  return {
    db: {
      url: url.href,
      database,
      rows,
      number: async (sql, parameters) =>
        Number(Object.values((await rows<object>(sql, parameters))[0] ?? { none: NaN })[0]),
      drop: () => Promise.resolve(),
    },
    async kill() {
      process.kill(server.pid, 'SIGQUIT');
      await server.stop();
    },
    async startAgain() {
      server = await start();
    },
    async stop() {
      await dataSource.destroy();
      proxy.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Proxy {
  readonly port: number;
  close(): void;
}

async function startProxy(targetPort: () => number): Promise<Proxy> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(targetPort(), '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.pipe(to);
      from.on('error', () => undefined);
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}
