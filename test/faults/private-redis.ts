import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { freePort } from '../../src/database/embedded-postgres/free-port.js';
import { eventually } from '../support/eventually.js';

/** A Redis of a suite's own, to be paused and emptied without harm to others. */
export interface PrivateRedis {
  readonly url: string;
  readonly client: Redis;
  /** Lets reads through and holds whoever writes, until `resume`. */
  pauseWrites(): Promise<void>;
  /** Waits until a script of BullMQ's is held. @throws when none came: then the test would show nothing */
  untilScriptWaits(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

const LONGER_THAN_ANY_TEST_MS = 600_000;

export async function startPrivateRedis(): Promise<PrivateRedis> {
  const port = await freePort();
  const server = spawn(
    'redis-server',
    ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    { stdio: 'ignore' },
  );
  const url = `redis://127.0.0.1:${port}`;
  const client = new Redis(url, { maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  await client.ping();
  return {
    url,
    client,
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
    stop: async () => {
      client.disconnect();
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      await exited;
    },
  };
}
