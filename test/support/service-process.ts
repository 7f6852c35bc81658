import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { freePort } from '../../src/database/embedded-postgres/free-port.js';
import { eventually } from './eventually.js';
import { clientOf, type TestService } from './test-service.js';

const MAIN = path.resolve('dist/main.js');
/** Of several that start at once on a busy machine. */
const START_LIMIT_MS = 120_000;
/** All that a process says in a few minutes: a search for secrets wants to see everything. */
const MAX_OUTPUT_CHARS = 20_000_000;

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The built service in a process of its own, to be killed, frozen and started again. */
export interface ServiceProcess extends TestService {
  readonly pid: number;
  /** What it wrote so far. */
  output(): string;
  /** Sends a signal and waits for the end. */
  end(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGKILL'): Promise<Exit>;
  /** Stops it where it stands, its connections open and its locks held. */
  freeze(): void;
  thaw(): void;
}

const running = new Set<ChildProcess>();

/**
 * Starts `dist/main.js` with exactly this environment, on a port of its own.
 * @param until what is waited for: `ready` with all that it needs, or only that it is `live`
 */
export async function startServiceProcess(
  environment: Readonly<Record<string, string>>,
  until: 'ready' | 'live' = 'ready',
  { maxOutputChars = MAX_OUTPUT_CHARS } = {},
): Promise<ServiceProcess> {
  const port = await freePort();
  const env = { PATH: process.env.PATH, ...environment, PORT: `${port}` };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const exited = once(child, 'exit').then(([code, signal]): Exit => {
    running.delete(child);
    return { code: code as Exit['code'], signal: signal as Exit['signal'] };
  });
  const output = collectOutput(child, maxOutputChars);
  const url = `http://127.0.0.1:${port}`;
  await untilHealthy(`${url}/health/${until}`, child, output);
  const end = (signal: NodeJS.Signals): Promise<Exit> => {
    child.kill(signal);
    return exited;
  };
  return {
    ...clientOf(url, environment, async () => {
      await end('SIGTERM');
    }),
    pid: child.pid ?? 0,
    output,
    end,
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
  };
}

/** For `afterAll`: a test that failed half-way leaves no process behind. */
export async function killServiceProcesses(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }),
  );
}

function collectOutput(child: ChildProcess, maxChars: number): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.length > maxChars) text = text.slice(-maxChars);
    });
  }
  return () => text;
}

async function untilHealthy(url: string, child: ChildProcess, output: () => string): Promise<void> {
  await eventually(async () => {
    if (child.exitCode !== null) return;
    const response = await fetch(url);
    const { status } = (await response.json()) as { status: string };
    if (status !== 'ok') throw new Error(`The service is ${status}: ${output()}`);
  }, START_LIMIT_MS);
  if (child.exitCode !== null) throw new Error(`The service ended at its start: ${output()}`);
}
