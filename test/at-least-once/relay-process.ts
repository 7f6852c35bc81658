import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import type { TestDatabase } from '../support/test-database.js';

const MAIN = path.resolve('dist/main.js');
const HOST = path.resolve('test/at-least-once/host-relay.mjs');
const MAX_OUTPUT_CHARS = 20_000;
const STOP_LIMIT_MS = 60_000;

/** A relay of the built product in a process of its own. It is not waited for: whatever it does is a good moment to kill it. */
export interface RelayProcess {
  /** What it wrote so far, the end of it. */
  output(): string;
  /** Kills it where it stands. */
  kill(): Promise<void>;
  /** Lets it end in good order. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** `dist/main.js` as nothing but a relay, by its environment. */
export function startServiceRelay(
  db: TestDatabase,
  environment: Readonly<Record<string, string>>,
): RelayProcess {
  return start(MAIN, [], {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PORT: '0',
    ROLES: 'relay',
    DATABASE_URL: db.url,
    ADMIN_TOKEN: randomBytes(24).toString('hex'),
    DRAIN_MS: '0',
    LOG_LEVEL: 'warn',
    ...environment,
  });
}

/**
 * Somebody's application with a relay in it, for what no environment can say.
 * @param onMessage what its handler hears
 */
export function startHostRelay(
  db: TestDatabase,
  options: object,
  onMessage: (message: unknown) => void = () => undefined,
): RelayProcess {
  return start(HOST, [JSON.stringify({ url: db.url, ...options })], {}, onMessage);
}

/** For `afterAll`: a test that failed half-way leaves no process behind. */
export async function killRelays(): Promise<void> {
  await Promise.all([...running].map((child) => end(child, 'SIGKILL')));
}

function start(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  onMessage: (message: unknown) => void = () => undefined,
): RelayProcess {
  const env = { PATH: process.env.PATH, ...environment };
  const child = fork(program, args, {
    env,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.on('message', onMessage);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-MAX_OUTPUT_CHARS);
    });
  }
  return {
    output: () => text,
    kill: async () => {
      if (child.exitCode !== null) throw new Error(`The relay had ended by itself: ${text}`);
      await end(child, 'SIGKILL');
    },
    stop: () => end(child, 'SIGTERM'),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // Closed, not only ended: what its handler said before is heard by then.
  const closed = once(child, 'close', { signal: AbortSignal.timeout(STOP_LIMIT_MS) });
  child.kill(signal);
  await closed;
}
