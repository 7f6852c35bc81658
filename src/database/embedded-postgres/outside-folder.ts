import { chmod, lstat, mkdir } from 'node:fs/promises';
import { EmbeddedPostgresFolderError } from './embedded-postgres-errors.js';
import type { ServerUser } from './run-program.js';
import { canEnter } from './server-user.js';
import { systemCodeOf, unless } from './system-error.js';

/** /var/tmp for a machine whose /var/lib is read-only; both outlive a restart, unlike /tmp. */
const BASES = ['/var/lib/nestjs-kakao-share', '/var/tmp/nestjs-kakao-share'];

const NO_PLACE = ['EROFS', 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR'];

/** For root only: a place outside /root that the server's user can enter and only root can write. */
export async function outsideFolder(user: ServerUser): Promise<string> {
  for (const base of BASES) {
    if ((await couldMake(base)) && (await canEnter(user, base))) return base;
  }
  throw new EmbeddedPostgresFolderError(
    `Postgres refuses to run as root, and its user can enter none of ${BASES.join(', ')}. ` +
      'Start as an ordinary user, or keep the project outside of /root.',
  );
}

/** A folder that only root can write and everybody can enter. What another user planted there is refused. */
export async function makeRootFolder(folder: string): Promise<string> {
  await unless(['EEXIST'], mkdir(folder, { mode: 0o755 }));
  const { mode, uid, ...found } = await lstat(folder).then((stats) => ({
    mode: stats.mode & 0o777,
    uid: stats.uid,
    isDirectory: stats.isDirectory(),
  }));
  if (!found.isDirectory || uid !== 0 || (mode & 0o022) !== 0) {
    throw new EmbeddedPostgresFolderError(
      `${folder} must be a folder that belongs to root and that nobody else can write. See who made it, then remove it.`,
    );
  }
  // A tight umask took rights from mkdir's mode.
  if (mode !== 0o755) await chmod(folder, 0o755);
  return folder;
}

async function couldMake(base: string): Promise<boolean> {
  try {
    await makeRootFolder(base);
    return true;
  } catch (error) {
    if (NO_PLACE.includes(systemCodeOf(error) ?? '')) return false;
    throw error;
  }
}
