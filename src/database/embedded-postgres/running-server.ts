import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, readlink, realpath, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isPresent, processStart } from './process-start.js';
import { unless } from './system-error.js';

/** One process for good: a pid alone may belong to another one later. */
export interface ServerProcess {
  readonly pid: number;
  /** As `processStart` tells it. */
  readonly start: string;
}

/** The Postgres that serves this cluster now, whoever started it. */
export async function findServer(cluster: string): Promise<ServerProcess | undefined> {
  const pid = await pidInLockFile(cluster);
  const start = pid === undefined ? undefined : await processStart(pid);
  if (pid === undefined || start === undefined) return undefined;
  return (await serves(pid, cluster)) ? { pid, start } : undefined;
}

/**
 * Removes a lock file whose pid is taken, but not by this cluster's Postgres. Postgres would refuse to start forever: pids
 * come again soon in a container, and there nobody may clear away the zombie of a killed server. What such a server left
 * in memory Postgres finds without the file, by the number of its data directory's inode. A free pid is left to Postgres.
 */
export async function removeForeignLock(cluster: string): Promise<boolean> {
  const pid = await pidInLockFile(cluster);
  if (pid === undefined || !isPresent(pid)) return false;
  if ((await findServer(cluster)) !== undefined) return false;
  await unless(['ENOENT'], unlink(join(cluster, 'postmaster.pid')));
  return true;
}

async function pidInLockFile(cluster: string): Promise<number | undefined> {
  const text = await unless(['ENOENT'], readFile(join(cluster, 'postmaster.pid'), 'utf8'));
  const pid = Number.parseInt(text ?? '', 10);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/** Postgres works in its data directory, and we start it with that directory in its arguments. */
async function serves(pid: number, cluster: string): Promise<boolean> {
  // Without a way to look, believe the lock file: better refused than two servers on one cluster.
  if (process.platform === 'win32') return true;
  // Root in a container may not look at another user's working folder; the arguments are open to everybody.
  const denied = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'];
  const workingFolder = await unless(denied, readlink(`/proc/${pid}/cwd`));
  const args = await argumentsOf(pid);
  if (!/postgres(\.exe)?$/.test(args[0] ?? '')) return false;
  return workingFolder === undefined
    ? args.includes(cluster)
    : workingFolder === (await realpath(cluster));
}

async function argumentsOf(pid: number): Promise<string[]> {
  if (existsSync('/proc/self/cmdline')) {
    const line = await unless(['ENOENT', 'ESRCH'], readFile(`/proc/${pid}/cmdline`, 'utf8'));
    return line?.split('\0') ?? [];
  }
  const ps = promisify(execFile);
  const { stdout } = await ps('ps', ['-ww', '-p', String(pid), '-o', 'args=']);
  // ps does not quote: cut where our own command line puts its flags.
  return stdout.trim().split(/ -D | -c /);
}
