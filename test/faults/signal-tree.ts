import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Sends a signal to a process and to all that it has started, itself first: a stopped one starts no more. */
export async function signalTree(pid: number, signal: NodeJS.Signals): Promise<void> {
  process.kill(pid, signal);
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid=,ppid=']);
  const parents = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [pid: number, parent: number]);
  const below = (parent: number): number[] =>
    parents.filter(([, of]) => of === parent).flatMap(([child]) => [child, ...below(child)]);
  for (const child of below(pid)) {
    try {
      process.kill(child, signal);
    } catch {
      // It ended by itself meanwhile.
    }
  }
}
