import { mkdir, open, rmdir, unlink, utimes } from 'node:fs/promises';
import path from 'node:path';
import { isGone } from './spool-errors.js';
import { ALIVE_NAME, PROBE_NAME } from './spool-files.js';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const PROBE = Buffer.alloc(4_096, 'probe');

/** The folder that this process alone writes segments to; made when it is needed, and again when somebody has tidied it away. */
export class OwnFolder {
  readonly path: string;
  /** Made, and every folder above it flushed: nobody writes in there before. */
  #made: Promise<void> | undefined;

  constructor(
    directory: string,
    readonly name: string,
    /** Makes what a folder lists durable. */
    readonly flush: (folderPath: string) => Promise<void> = flushFolder,
  ) {
    this.path = path.join(path.resolve(directory), name);
  }

  /** Makes it, every step of the way flushed, and says that its owner lives. */
  async ensure(): Promise<void> {
    try {
      await this.#makeOnce();
      await this.#touchAlive();
    } catch (error) {
      this.#made = undefined;
      if (!isGone(error)) throw error;
      await this.#makeOnce();
      await this.#touchAlive();
    }
  }

  #makeOnce(): Promise<void> {
    return (this.#made ??= this.#make());
  }

  async #make(): Promise<void> {
    // The first of the folders that was missing: it and all below it stand in parents that must be flushed.
    const firstMade = await mkdir(this.path, { recursive: true, mode: FOLDER_MODE });
    const directory = path.dirname(this.path);
    await this.flush(directory);
    if (firstMade === undefined || firstMade === this.path) {
      // Somebody else may just have made the directory. Where the one above is not ours to read, it was there before.
      await this.flush(path.dirname(directory)).catch(ignoreForbidden);
      return;
    }
    for (let made = directory; made.length >= firstMade.length; made = path.dirname(made)) {
      await this.flush(path.dirname(made));
    }
  }

  async #touchAlive(): Promise<void> {
    await (await open(this.#file(ALIVE_NAME), 'a', FILE_MODE)).close();
  }

  /** Tells everybody that its segments have somebody who replays them. */
  async sayAlive(): Promise<void> {
    const now = new Date();
    await utimes(this.#file(ALIVE_NAME), now, now).catch(ignoreGone);
  }

  /** @throws what the disk says when it cannot be written and flushed */
  async probe(): Promise<void> {
    await this.ensure();
    const probePath = this.#file(PROBE_NAME);
    const file = await open(probePath, 'w', FILE_MODE);
    try {
      await file.write(PROBE);
      await file.sync();
    } finally {
      await file.close();
      await unlink(probePath);
    }
  }

  /** Leaves what is in there to others. */
  async leave(): Promise<void> {
    await unlink(this.#file(ALIVE_NAME)).catch(ignoreGone);
    await removeIfEmpty(this.path);
  }

  #file(name: string): string {
    return path.join(this.path, name);
  }
}

/** A new file is there for good only when its folder has been flushed too. */
export async function flushFolder(folderPath: string): Promise<void> {
  const folder = await open(folderPath, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export async function removeIfEmpty(folderPath: string): Promise<void> {
  // Whatever is in there stays, and so does the folder.
  await rmdir(folderPath).catch(() => undefined);
}

function ignoreForbidden(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'EACCES' && code !== 'EPERM') throw error;
}

function ignoreGone(error: unknown): void {
  if (!isGone(error)) throw error;
}
