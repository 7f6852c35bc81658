import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { systemCodeOf, unless } from './system-error.js';

/**
 * A text that tells a process from a later one with the same pid, or undefined when there is no such process. A zombie
 * counts as gone. Windows tells no start, so there a reused pid looks alive.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  if (existsSync('/proc/self/stat')) return await startFromProc(pid);
  if (!isPresent(pid)) return undefined;
  return process.platform === 'win32' ? 'unknown' : await startFromPs(pid);
}

async function startFromProc(pid: number): Promise<string | undefined> {
  const stat = await unless(['ENOENT', 'ESRCH'], readFile(`/proc/${pid}/stat`, 'utf8'));
  if (stat === undefined) return undefined;
  // The name in parentheses may hold anything; behind it come the state (3rd field) ... the start in ticks (22nd).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${boot.trim()} ${fields[19] ?? ''}`;
}

async function startFromPs(pid: number): Promise<string | undefined> {
  const ps = promisify(execFile);
  const args = ['-p', String(pid), '-o', 'stat=', '-o', 'lstart='];
  const { stdout } = await ps('ps', args, {
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  }).catch(() => ({ stdout: '' }));
  const found = /^(\S+)\s+(.+)$/.exec(stdout.trim());
  return found === null || found[1]?.startsWith('Z') === true ? undefined : found[2];
}

/** Whether the pid is taken, be it by a zombie. */
export function isPresent(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCodeOf(error) === 'EPERM';
  }
}
