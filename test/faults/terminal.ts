import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { readPassword, SUPERUSER } from '../../src/database/embedded-postgres/superuser.js';
import { eventually } from '../support/eventually.js';
import { EXPIRE_DISPATCH_LEASES } from './proof.js';
import { clientOf, type TestService } from '../support/test-service.js';

const START_LIMIT_MS = 120_000;

/** `npm start` as a person types it: in a terminal, whose foreground group holds npm, a shell and node. */
export interface Terminal extends TestService {
  output(): string;
  /** Types Ctrl-C: the terminal signals the whole group. */
  interrupt(): void;
  /** The service itself, without npm. */
  readonly servicePid: number;
  /** Its embedded Postgres, which is no child of the terminal's. */
  readonly postgresPid: number;
  /** npm, the shell and node at once, as a closed terminal window may leave them. */
  killGroup(): void;
  readonly exited: Promise<unknown>;
  /** The service's own exit code; npm has another one for Ctrl-C. */
  serviceCode(): number | undefined;
}

/** What npm runs scripts with here, as `shell -c <script>`: tells the exit code, which npm keeps for itself. */
const SHELL = `#!/bin/sh
trap : INT
(trap - INT; exec $2)
echo "the service ended with code $?"
`;

/** @param dataDir holds the embedded Postgres */
export async function startInTerminal(
  dataDir: string,
  settings: Readonly<Record<string, string>>,
): Promise<Terminal> {
  const { PATH, HOME } = process.env;
  // The suite runs on what is built: `prestart` would build again while others write to src.
  const command = 'npm start --ignore-scripts';
  const shell = path.join(dataDir, 'shell');
  writeFileSync(shell, SHELL, { mode: 0o755 });
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { PATH, HOME, ...settings, DATA_DIR: dataDir, PORT: '0', npm_config_script_shell: shell },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'close');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const url = await eventually(() => {
    if (child.exitCode !== null) return '';
    const found = /Kakao share webhook\s+(http:\/\/[^/\s]+)\//.exec(text)?.[1];
    if (found === undefined) throw new Error(`It did not start: ${text}`);
    return found;
  }, START_LIMIT_MS);
  if (url === '') throw new Error(`It ended at its start: ${text}`);
  const group = descendantsOf(child.pid ?? 0);
  // The shells before it name it too; the service is the last of the line.
  const servicePid = group.filter((pid) => commandOf(pid).includes('dist/main.js')).at(-1);
  if (servicePid === undefined) throw new Error('No service was found.');
  return {
    ...clientOf(url, settings, () => Promise.resolve()),
    output: () => text,
    interrupt: () => child.stdin.write('\x03'),
    servicePid,
    postgresPid: postgresIn(dataDir).pid,
    killGroup: () => {
      for (const pid of [...group, child.pid ?? 0]) kill(pid);
    },
    exited,
    serviceCode: () => {
      const code = /the service ended with code (\d+)/.exec(text)?.[1];
      return code === undefined ? undefined : Number(code);
    },
  };
}

/** Lets time pass for the leases of the process that was killed. */
export async function expireLeasesIn(dataDir: string): Promise<void> {
  const { port } = postgresIn(dataDir);
  const password = await readPassword(path.join(dataDir, 'postgres'));
  const client = new pg.Client({
    connectionString: `postgres://${SUPERUSER}:${password ?? ''}@127.0.0.1:${port}/kakao_share`,
  });
  await client.connect();
  await eventually(() => client.query(EXPIRE_DISPATCH_LEASES));
  await client.end();
}

/** The server, as its lock file tells: process on the first line, port on the fourth. */
function postgresIn(dataDir: string): { pid: number; port: number } {
  const file = path.join(dataDir, 'postgres/server/cluster/postmaster.pid');
  const lines = readFileSync(file, 'utf8').split('\n');
  return { pid: Number(lines[0]), port: Number(lines[3]) };
}

export function lives(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** Children before grandchildren. */
export function descendantsOf(ancestor: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: parentOf(name) }));
  const found = [ancestor];
  for (const pid of found)
    found.push(...parents.filter(({ parent }) => parent === pid).map((child) => child.pid));
  return found.slice(1);
}

function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return 0;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
