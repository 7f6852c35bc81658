import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, rmdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  EmbeddedPostgresFolderError,
  EmbeddedPostgresInUseError,
} from './embedded-postgres-errors.js';
import { processStart } from './process-start.js';
import { systemCodeOf, unless } from './system-error.js';

interface Owner {
  readonly pid: number;
  readonly start: string;
  /** A folder that was copied together with its owner record is another folder. */
  readonly dataDir: string;
}

export interface FolderClaim {
  release(): Promise<void>;
}

/** Each round but the last was lost to another starter, who is then found alive. More than a few is a fault. */
const MAX_ROUNDS = 20;

const TAKEN = ['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'];

/**
 * Makes this process the owner of the folder, taking over from a dead one.
 *
 * The owner is a folder that holds one file with a name of its own. Renaming a full folder to `owner` succeeds only when
 * there is none or an empty one, so of many starters one wins; and emptying it takes the very name of the dead owner's
 * file, so nobody can remove a newer owner by mistake.
 *
 * @throws {EmbeddedPostgresInUseError} when a live process owns it, this one included.
 */
export async function claimFolder(dataDir: string): Promise<FolderClaim> {
  const owner = join(dataDir, 'owner');
  const id = randomUUID();
  const claim = join(dataDir, `owner.${id}`);
  await writeClaim(claim, id, dataDir);
  try {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (await becomeOwner(claim, owner)) return await won(dataDir, owner, id);
      await removeDeadOwner(owner, dataDir);
    }
  } finally {
    await rm(claim, { recursive: true, force: true });
  }
  throw new EmbeddedPostgresFolderError(
    `${owner} could not be taken. If no process uses ${dataDir}, delete that folder.`,
  );
}

async function won(dataDir: string, owner: string, id: string): Promise<FolderClaim> {
  await removeDeadClaims(dataDir);
  return { release: () => release(owner, id) };
}

async function writeClaim(claim: string, id: string, dataDir: string): Promise<void> {
  const start = (await processStart(process.pid)) ?? 'unknown';
  const owner: Owner = { pid: process.pid, start, dataDir };
  await mkdir(claim, { mode: 0o700 });
  await writeFile(join(claim, id), JSON.stringify(owner), { mode: 0o600 });
}

async function becomeOwner(claim: string, owner: string): Promise<boolean> {
  // Windows does not rename onto an empty folder.
  await unless(['ENOENT', ...TAKEN], rmdir(owner));
  try {
    await rename(claim, owner);
    return true;
  } catch (error) {
    if (TAKEN.includes(systemCodeOf(error) ?? '')) return false;
    throw error;
  }
}

async function removeDeadOwner(owner: string, dataDir: string): Promise<void> {
  const [id] = (await unless(['ENOENT'], readdir(owner))) ?? [];
  if (id === undefined) return;
  const holder = await readOwner(join(owner, id));
  if (holder !== undefined && (await lives(holder, dataDir))) {
    throw new EmbeddedPostgresInUseError(dataDir, holder.pid);
  }
  await unless(['ENOENT'], unlink(join(owner, id)));
}

/** Claims of starters that were killed before they could win or lose. One that is being written is left alone. */
async function removeDeadClaims(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const id = /^owner\.(.+)$/.exec(name)?.[1];
    const holder = id === undefined ? undefined : await readOwner(join(dataDir, name, id));
    if (holder === undefined || (await lives(holder, dataDir))) continue;
    await rm(join(dataDir, name), { recursive: true, force: true });
  }
}

async function lives(holder: Owner, dataDir: string): Promise<boolean> {
  return holder.dataDir === dataDir && (await processStart(holder.pid)) === holder.start;
}

/** Undefined also for an unreadable owner: only a crash of the machine leaves one, and that ended its writer too. */
async function readOwner(file: string): Promise<Owner | undefined> {
  const record = await unless(['ENOENT'], readFile(file, 'utf8'));
  try {
    const { pid, start, dataDir } = JSON.parse(record ?? '') as Partial<Owner>;
    if (pid === undefined || start === undefined || dataDir === undefined) return undefined;
    return { pid, start, dataDir };
  } catch {
    return undefined;
  }
}

async function release(owner: string, id: string): Promise<void> {
  await unless(['ENOENT'], unlink(join(owner, id)));
  await unless(['ENOENT', ...TAKEN], rmdir(owner));
}
