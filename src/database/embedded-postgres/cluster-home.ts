import { chmod, lchown, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedPostgresFolderError } from './embedded-postgres-errors.js';
import { outsideHome } from './outside-home.js';
import type { ServerUser } from './run-program.js';
import { canEnter, chooseServerUser } from './server-user.js';
import { unless } from './system-error.js';

/** Where a server keeps its files, all of which belong to the user it runs as. */
export interface ClusterHome {
  readonly folder: string;
  /** Postgres' own data directory. */
  readonly cluster: string;
  readonly logFile: string;
  /** Undefined: the server runs as we do. */
  readonly user: ServerUser | undefined;
}

/**
 * Finds or makes the place of the cluster: `server` in the data folder, or, for root, a folder outside when the server's
 * user cannot enter the data folder.
 */
export async function prepareHome(
  dataDir: string,
  log: (line: string) => void,
): Promise<ClusterHome> {
  const user = await chooseServerUser();
  const inside = join(dataDir, 'server');
  if (user === undefined) return homeAt(await makeHome(inside, undefined), undefined);

  const former = await formerUser(inside);
  if (former === undefined && !(await canEnter(user, dataDir))) {
    return homeAt(await makeHome(await outsideHome(dataDir, user, log), user), user);
  }
  const insideUser = await trusted(former ?? user, user, dataDir);
  if (!(await canEnter(insideUser, dataDir))) {
    throw new EmbeddedPostgresFolderError(
      `The Postgres in ${inside} runs as user ${insideUser.uid}, who cannot enter that folder any more. ` +
        'Open the folders above it (chmod +x), or delete it to begin afresh.',
    );
  }
  return homeAt(await makeHome(inside, insideUser), insideUser);
}

function homeAt(folder: string, user: ServerUser | undefined): ClusterHome {
  return {
    folder,
    cluster: join(folder, 'cluster'),
    logFile: join(folder, 'server.log'),
    user,
  };
}

/** Whom the files belong to already. Root's own are those of a start that was killed before it gave them away. */
async function formerUser(inside: string): Promise<ServerUser | undefined> {
  const stats = await unless(['ENOENT'], lstat(inside));
  return stats === undefined || stats.uid === 0 ? undefined : { uid: stats.uid, gid: stats.gid };
}

/** Files of the data folder's owner are from starts without sudo. A stranger's were planted. */
async function trusted(found: ServerUser, ours: ServerUser, dataDir: string): Promise<ServerUser> {
  if (found.uid === ours.uid || found.uid === (await lstat(dataDir)).uid) return found;
  throw new EmbeddedPostgresFolderError(
    `${join(dataDir, 'server')} belongs to user ${found.uid}, who is neither the server's user nor the owner ` +
      `of ${dataDir}. See what it is, then remove it.`,
  );
}

async function makeHome(folder: string, user: ServerUser | undefined): Promise<string> {
  await unless(['EEXIST'], mkdir(folder, { mode: 0o700 }));
  const stats = await lstat(folder);
  if (user !== undefined && stats.isDirectory() && stats.uid === 0) {
    await lchown(folder, user.uid, user.gid);
    return folder;
  }
  const expected = user?.uid ?? process.geteuid?.();
  if (!stats.isDirectory() || (expected !== undefined && stats.uid !== expected)) {
    throw new EmbeddedPostgresFolderError(
      `${folder} belongs to user ${stats.uid}. Start as that user, or delete it to begin afresh.`,
    );
  }
  if (expected !== undefined && (stats.mode & 0o077) !== 0) await chmod(folder, 0o700);
  return folder;
}
