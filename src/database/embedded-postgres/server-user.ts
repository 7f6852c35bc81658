import { readFile } from 'node:fs/promises';
import type { PostgresBinaries } from './postgres-binaries.js';
import { join } from 'node:path';
import { EmbeddedPostgresStartError } from './embedded-postgres-errors.js';
import { runProgram, type ServerUser } from './run-program.js';

/** Programs that only look at a file. */
const PROBE_TIMEOUT_MS = 10_000;

/** Accounts that own nothing of ours and exist on most machines, in the order of preference. */
const ACCOUNTS = ['postgres', 'nobody'];

/** Postgres refuses to run as root: then it runs as this user. Undefined when we are an ordinary user. */
export async function chooseServerUser(): Promise<ServerUser | undefined> {
  if (process.geteuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const account of ACCOUNTS) {
    const [, , uid, gid] = lines.find(([name]) => name === account) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new EmbeddedPostgresStartError(
    'Postgres refuses to run as root, and /etc/passwd has neither "postgres" nor "nobody". Start as an ordinary user.',
  );
}

/** Whether the user can enter the folder. Asked of the system itself, which also knows ACLs and mounts. */
export async function canEnter(user: ServerUser, folder: string): Promise<boolean> {
  return await asks(user, 'cd -- "$1"', [folder]);
}

/** Whether the user can run these binaries with their libraries, and read their templates. */
export async function canRun(user: ServerUser, binaries: PostgresBinaries): Promise<boolean> {
  const template = join(binaries.root, 'share', 'postgresql', 'postgres.bki');
  return await asks(user, '"$1" --version && "$2" --version && test -r "$3"', [
    binaries.initdb,
    binaries.pgCtl,
    template,
  ]);
}

/** A shell is within everybody's reach, unlike our own node, which may lie under /root. */
async function asks(user: ServerUser, script: string, args: readonly string[]): Promise<boolean> {
  const options = { user, cwd: '/', timeoutMs: PROBE_TIMEOUT_MS };
  const { exitCode } = await runProgram('/bin/sh', ['-c', script, 'sh', ...args], options);
  return exitCode === 0;
}
