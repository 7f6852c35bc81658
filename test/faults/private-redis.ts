import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { freePort } from '../support/free-port.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { eventually } from '../support/eventually.js';

/** A Redis of a suite's own that keeps nothing, to be paused, emptied, frozen and killed without harm to others. */
export interface PrivateRedis {
  readonly url: string;
  readonly client: Redis;
  /** A network before it, for who is to have a bad one: it is used by those who are given `networkUrl`. */
  readonly network: TcpProxy;
  readonly networkUrl: string;
  /** Lets reads through and holds whoever writes, until `resume`. */
  pauseWrites(): Promise<void>;
  /** Waits until a script of BullMQ's is held. @throws when none came: then the test would show nothing */
  untilScriptWaits(): Promise<void>;
  resume(): Promise<void>;
  /** Kills it, with all that it had in memory. */
  kill(): Promise<void>;
  startAgain(): Promise<void>;
  /** Stops it where it stands. The kernel goes on taking connections for it. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

const LONGER_THAN_ANY_TEST_MS = 600_000;

/** @param settings beyond the defaults, e.g. `{ maxmemory: '2mb' }` */
export async function startPrivateRedis(
  settings: Readonly<Record<string, string>> = {},
): Promise<PrivateRedis> {
  const port = await freePort();
  const all = { port, bind: '127.0.0.1', save: '', appendonly: 'no', ...settings };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const start = (): ChildProcess => spawn('redis-server', args, { stdio: 'ignore' });
  let server = start();
  const network = await startTcpProxy(port);
  const url = `redis://127.0.0.1:${port}`;
  const client = new Redis(url, { maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  await client.ping();
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  };
  return {
    ...{ url, client, network },
    networkUrl: `redis://127.0.0.1:${network.port}`,
    pauseWrites: async () => {
      await client.client('PAUSE', LONGER_THAN_ANY_TEST_MS, 'WRITE');
    },
    untilScriptWaits: () =>
      eventually(async () => {
        const list = (await client.client('LIST')) as string;
        if (!/ flags=\w*b\w* .* cmd=evalsha/.test(list)) throw new Error(`Nobody waits: ${list}`);
      }),
    resume: async () => {
      await client.client('UNPAUSE');
    },
    kill,
    startAgain: async () => {
      server = start();
      await client.ping();
    },
    freeze: () => server.kill('SIGSTOP'),
    thaw: () => server.kill('SIGCONT'),
    stop: async () => {
      client.disconnect();
      await kill();
      await network.close();
    },
  };
}
