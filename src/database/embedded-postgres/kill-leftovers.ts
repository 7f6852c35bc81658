import { readdir, readlink, realpath } from 'node:fs/promises';
import { unless } from './system-error.js';

/**
 * Kills what a killed server left running: processes that work in this cluster's folder. Without their server they end by
 * themselves, but one that is busy or stopped notices late, and until then no new server may start. Only for the owner of the
 * cluster, and only while it has no server. Where there is no /proc they are waited for.
 */
export async function killLeftovers(cluster: string): Promise<void> {
  const folder = await realpath(cluster);
  const names = (await unless(['ENOENT'], readdir('/proc'))) ?? [];
  for (const name of names.filter((entry) => /^\d+$/.test(entry))) {
    const gone = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'];
    if ((await unless(gone, readlink(`/proc/${name}/cwd`))) !== folder) continue;
    try {
      process.kill(Number(name), 'SIGKILL');
    } catch {
      // It ended by itself meanwhile, or is not ours to kill: then it is waited for.
    }
  }
}
