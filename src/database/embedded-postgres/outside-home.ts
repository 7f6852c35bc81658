import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeRootFolder, outsideFolder } from './outside-folder.js';
import type { ServerUser } from './run-program.js';
import { findServer } from './running-server.js';
import { unless } from './system-error.js';

/** What the data folder says about its cluster outside. */
interface Pointer {
  /** A folder that was copied or moved is another folder: two clones never share a cluster. */
  readonly dataDir: string;
  readonly home: string;
}

/**
 * The folder outside that belongs to this data folder, for root in a place that the server's user cannot enter. The data
 * folder holds the only pointer to it, so deleting the data folder means beginning afresh.
 */
export async function outsideHome(
  dataDir: string,
  user: ServerUser,
  log: (line: string) => void,
): Promise<string> {
  const homes = await makeRootFolder(join(await outsideFolder(user), 'clusters'));
  const file = join(dataDir, 'outside.json');
  const pointer = await readPointer(file);
  if (pointer?.dataDir === dataDir) return join(homes, basename(pointer.home));

  if (pointer !== undefined)
    log(`${dataDir} was copied or moved: the data of ${pointer.dataDir} stays in ${pointer.home}.`);
  const path = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  for (const name of await readdir(homes)) {
    if (name.startsWith(`${path}-`)) await leaveBehind(join(homes, name), log);
  }
  const home = join(homes, `${path}-${randomUUID()}`);
  await writePointer(file, { dataDir, home });
  log(`The server's user cannot enter ${dataDir}: its Postgres lives in ${home}.`);
  return home;
}

/** The folder that pointed here is gone. Postgres ends by itself when its data folder goes, so its server ends too. */
async function leaveBehind(home: string, log: (line: string) => void): Promise<void> {
  log(`Left over from a data folder that was deleted or moved, delete it if you can: ${home}`);
  const pid = await findServer(join(home, 'cluster'));
  if (pid !== undefined) process.kill(pid, 'SIGINT');
}

async function readPointer(file: string): Promise<Pointer | undefined> {
  const text = await unless(['ENOENT'], readFile(file, 'utf8'));
  return text === undefined ? undefined : (JSON.parse(text) as Pointer);
}

async function writePointer(file: string, pointer: Pointer): Promise<void> {
  const unfinished = `${file}.new`;
  await writeFile(unfinished, JSON.stringify(pointer, null, 2) + '\n', { flush: true });
  await rename(unfinished, file);
}
