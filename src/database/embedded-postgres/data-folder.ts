import { chmod, mkdir, readdir, realpath, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { EmbeddedPostgresFolderError } from './embedded-postgres-errors.js';
import { systemCodeOf, unless } from './system-error.js';

const IS_ROOT = process.geteuid?.() === 0;

const README = `The Postgres that nestjs-kakao-share runs by itself keeps its data here, or outside: see outside.json.
Stop the application and delete this whole folder to begin afresh. Parts of it are of no use alone.
`;

/** Makes the data folder when it is missing and tells its real path, which two names of it share. */
export async function prepareDataFolder(path: string): Promise<string> {
  const wanted = resolve(path);
  try {
    await mkdir(wanted, { recursive: true, mode: IS_ROOT ? 0o711 : 0o700 });
    const dataDir = await realpath(wanted);
    if (IS_ROOT) await openToServer(dataDir);
    await refuseOpenFolder(dataDir);
    await unless(['EEXIST'], writeFile(join(dataDir, 'README.txt'), README, { flag: 'wx' }));
    return dataDir;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
    throw new EmbeddedPostgresFolderError(
      `${wanted} cannot be written (${code}). If an earlier start ran as another user, say root, start as that user, ` +
        'or delete the folder as that user.',
      { cause: error },
    );
  }
}

/** Root's server runs as another user, who passes through here. What already holds other things keeps its mode. */
async function openToServer(dataDir: string): Promise<void> {
  const { uid, mode } = await stat(dataDir);
  const isOurs = uid === 0 && (await readdir(dataDir)).length === 0;
  if (isOurs && (mode & 0o001) === 0) await chmod(dataDir, 0o711);
}

async function refuseOpenFolder(dataDir: string): Promise<void> {
  if (process.platform === 'win32') return;
  if (((await stat(dataDir)).mode & 0o002) === 0) return;
  throw new EmbeddedPostgresFolderError(
    `Everybody can write ${dataDir}, so anybody could exchange the data. Run "chmod o-w" on it, or name another folder.`,
  );
}
