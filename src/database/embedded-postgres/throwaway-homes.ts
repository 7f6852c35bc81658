import { readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { readPointer } from './outside-pointer.js';
import { findServer } from './running-server.js';

/** Beside each cluster outside lies a file that tells whose it is. */
const ORIGIN = '.origin';

export function isOrigin(name: string): boolean {
  return name.endsWith(ORIGIN);
}

export async function writeOrigin(dataDir: string, home: string): Promise<void> {
  await writeFile(home + ORIGIN, dataDir);
}

/**
 * Removes clusters outside whose data folder lay among the temporary files and is gone: tests leave one at every run.
 * Data of any other folder is left to its owner, who may have moved the folder away for a while.
 */
export async function removeThrowaways(homes: string): Promise<void> {
  const temporary = (await realpath(tmpdir())) + sep;
  for (const name of (await readdir(homes)).filter(isOrigin)) {
    const home = join(homes, name.slice(0, -ORIGIN.length));
    // Another starter may be removing the same.
    const dataDir = await readFile(home + ORIGIN, 'utf8').catch(() => '');
    if (!dataDir.startsWith(temporary) || (await readPointer(dataDir))?.home === home) continue;
    const server = await findServer(join(home, 'cluster'));
    // It ends on its own from here; its files go with the next start.
    if (server !== undefined) process.kill(server.pid, 'SIGQUIT');
    else await removeHome(home);
  }
}

async function removeHome(home: string): Promise<void> {
  await rm(home, { recursive: true, force: true });
  await rm(home + ORIGIN, { force: true });
}
