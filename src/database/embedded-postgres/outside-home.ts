import { createHash, randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeRootFolder, outsideFolder } from './outside-folder.js';
import { readPointer, writePointer } from './outside-pointer.js';
import type { ServerUser } from './run-program.js';
import { findServer } from './running-server.js';
import { isOrigin, removeThrowaways, writeOrigin } from './throwaway-homes.js';

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
  const pointer = await readPointer(dataDir);
  if (pointer?.dataDir === dataDir) return join(homes, basename(pointer.home));

  if (pointer !== undefined)
    log(`${dataDir} was copied or moved: the data of ${pointer.dataDir} stays in ${pointer.home}.`);
  await removeThrowaways(homes);
  const path = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  for (const name of await readdir(homes)) {
    if (name.startsWith(`${path}-`) && !isOrigin(name)) await leaveBehind(join(homes, name), log);
  }
  const home = join(homes, `${path}-${randomUUID()}`);
  await writePointer(dataDir, home);
  await writeOrigin(dataDir, home);
  log(`The server's user cannot enter ${dataDir}: its Postgres lives in ${home}.`);
  return home;
}

/** The folder that pointed here is gone. Postgres ends by itself when its data folder goes, so its server ends too. */
async function leaveBehind(home: string, log: (line: string) => void): Promise<void> {
  log(`Left over from a data folder that was deleted or moved, delete it if you can: ${home}`);
  const server = await findServer(join(home, 'cluster'));
  if (server !== undefined) process.kill(server.pid, 'SIGINT');
}
