import { createHash, randomUUID } from 'node:crypto';
import { chmod, cp, lstat, readdir, readlink, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { makeRootFolder, outsideFolder } from './outside-folder.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import type { ServerUser } from './run-program.js';
import { canRun } from './server-user.js';
import { unless } from './system-error.js';

/** Far longer than a copy of 60 MB takes: what is older was left by a starter that was killed. */
const ABANDONED_AFTER_MS = 10 * 60_000;

/**
 * Binaries that the server's user can run: the installed ones, or a copy outside when a folder above them is closed to
 * that user, as in a clone under /root. One copy serves every clone with the same package.
 */
export async function readableBinaries(
  installed: PostgresBinaries,
  user: ServerUser | undefined,
  log: (line: string) => void,
): Promise<PostgresBinaries> {
  if (user === undefined || (await canRun(user, installed))) return installed;
  const shelf = await makeRootFolder(join(await outsideFolder(user), 'binaries'));
  const contents = await fingerprint(installed.root);
  const copy = join(shelf, `${installed.label}-${contents}`);
  if (!(await holds(copy, contents))) {
    log(`The server's user cannot read ${installed.root}: copying Postgres to ${copy}.`);
    await putCopy(installed.root, shelf, copy, contents);
  }
  return movedTo(copy, installed);
}

/** What lies in the folder: names, sizes and links. A copy that was damaged or stopped half-way differs. */
async function fingerprint(root: string): Promise<string> {
  const entries = await readdir(root, { recursive: true });
  const lines = entries.map(async (name) => {
    const stats = await lstat(join(root, name));
    if (stats.isSymbolicLink()) return `${name} -> ${await readlink(join(root, name))}`;
    return stats.isDirectory() ? `${name}/` : `${name} ${stats.size}`;
  });
  const listing = (await Promise.all(lines)).sort().join('\n');
  return createHash('sha256').update(listing).digest('hex').slice(0, 12);
}

async function putCopy(from: string, shelf: string, copy: string, contents: string): Promise<void> {
  await removeAbandoned(shelf);
  const unfinished = `${copy}.new-${randomUUID()}`;
  try {
    await cp(from, unfinished, { recursive: true, verbatimSymlinks: true });
    await openToReaders(unfinished);
    // Another starter may have been faster, and runs from its copy by now: only a damaged one gives way.
    if (await holds(copy, contents)) return;
    await rm(copy, { recursive: true, force: true });
    await unless(['ENOTEMPTY', 'EEXIST'], rename(unfinished, copy));
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function holds(copy: string, contents: string): Promise<boolean> {
  return (await unless(['ENOENT'], fingerprint(copy))) === contents;
}

/** npm under a tight umask leaves files that only their owner can read. */
async function openToReaders(root: string): Promise<void> {
  await chmod(root, 0o755);
  for (const name of await readdir(root, { recursive: true })) {
    const path = join(root, name);
    const stats = await lstat(path);
    if (stats.isSymbolicLink()) continue;
    await chmod(path, stats.isDirectory() || (stats.mode & 0o100) !== 0 ? 0o755 : 0o644);
  }
}

async function removeAbandoned(shelf: string): Promise<void> {
  for (const name of await readdir(shelf)) {
    if (!name.includes('.new-')) continue;
    const stats = await unless(['ENOENT'], lstat(join(shelf, name)));
    if (stats === undefined || Date.now() - stats.ctimeMs < ABANDONED_AFTER_MS) continue;
    await rm(join(shelf, name), { recursive: true, force: true });
  }
}

function movedTo(root: string, installed: PostgresBinaries): PostgresBinaries {
  const moved = (file: string): string => join(root, relative(installed.root, file));
  return {
    ...installed,
    root,
    initdb: moved(installed.initdb),
    pgCtl: moved(installed.pgCtl),
    postgres: moved(installed.postgres),
  };
}
