import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/database/embedded-postgres/start-embedded-postgres.js';
import { migrate } from '../../src/database/migrate.js';
import { migrateQueue } from '../../src/queue/migrate-queue.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { openTestDatabase, type TestDatabase } from '../support/test-database.js';
import { signalTree } from './signal-tree.js';

/** A Postgres of a suite's own, at one address for good, to be killed and started again. */
export interface PrivatePostgres {
  readonly db: TestDatabase;
  /** What everybody who uses `db.url` goes through. */
  readonly network: TcpProxy;
  /** The server itself, past the network; it is at another address after each start. */
  directUrl(): string;
  /** Kills the server as a crash would: nothing is flushed, every session is cut. */
  kill(): Promise<void>;
  /** Stops the server in good order. */
  shutDown(): Promise<void>;
  startAgain(): Promise<void>;
  /** Stops every one of its processes where it stands. The kernel goes on taking connections for it. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** What the server itself has written to its log. */
  readLog(): Promise<string>;
  stop(): Promise<void>;
}

export interface PrivatePostgresOptions {
  /** Where its files are; by default a new folder that goes with it. */
  readonly folder?: string;
  readonly settings?: Readonly<Record<string, string>>;
}

export async function startPrivatePostgres({
  folder: given,
  settings = {},
}: PrivatePostgresOptions = {}): Promise<PrivatePostgres> {
  const folder = given ?? (await mkdtemp(path.join(tmpdir(), 'kakao-share-private-')));
  await chmod(folder, 0o755);
  const start = (): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres'), settings });
  let server = await start();
  await migrate(server.url);
  await migrateQueue(server.url);
  // The server takes another port at each start; whoever uses it keeps this one.
  const network = await startTcpProxy(() => Number(new URL(server.url).port));
  const url = new URL(server.url);
  url.port = `${network.port}`;
  const db = await openTestDatabase(url.href, 4);
  let frozen = false;
  const thaw = async (): Promise<void> => {
    if (frozen) await signalTree(server.pid, 'SIGCONT');
    frozen = false;
  };
  return {
    db: { ...db, drop: () => Promise.resolve() },
    network,
    directUrl: () => server.url,
    async kill() {
      process.kill(server.pid, 'SIGQUIT');
      await server.stop();
    },
    shutDown: () => server.stop(),
    async startAgain() {
      server = await start();
    },
    async freeze() {
      frozen = true;
      await signalTree(server.pid, 'SIGSTOP');
    },
    thaw,
    readLog: () => readFile(path.join(folder, 'postgres', 'server', 'server.log'), 'utf8'),
    async stop() {
      await thaw();
      await db.drop();
      await network.close();
      await server.stop();
      await rm(path.join(folder, 'postgres'), { recursive: true, force: true });
      if (given === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
