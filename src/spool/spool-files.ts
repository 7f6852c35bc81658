import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { describeError } from '../database/database-errors.js';
import { isGone } from './spool-errors.js';

const FOLDER = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SEGMENT = /^\d{8}\.(spool|dropping)$/;
const REFUSED = /\.refused$/;
const DAMAGED = /\.damaged$/;
/** Says by its time that the folder's owner lives. */
export const ALIVE_NAME = 'alive';
/** Written, flushed and removed again, to see whether the disk still does. */
export const PROBE_NAME = 'probe';

/** A file as it stood when it was looked at. */
export interface SpoolFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly changedAtMs: number;
}

/** What one process has spooled. */
export interface SpoolFolder {
  readonly path: string;
  readonly name: string;
  /** In the order of writing. Those that end in `.dropping` take no frame that counts any more. */
  readonly segments: readonly SpoolFile[];
  /** One frame each, which the database would not take. */
  readonly refused: readonly SpoolFile[];
  /** Segments with bytes that are not what was written; for people to look at. */
  readonly damaged: readonly SpoolFile[];
  /** When a file last came or went. */
  readonly changedAtMs: number;
  /** When its owner last said that it lives; undefined when it has left. */
  readonly aliveAtMs: number | undefined;
  /** Why it cannot be read, e.g. as another user's: then nothing is known of what is in there. */
  readonly fault: string | undefined;
}

/** Whether nobody is known to replay it: its owner has left, or was not heard of for so long. */
export function isLeft({ aliveAtMs }: SpoolFolder, orphanedAfterMs: number): boolean {
  return aliveAtMs === undefined || apartMs(Date.now(), aliveAtMs) > orphanedAfterMs;
}

/** Whether the process whose folder is `ownFolder` replays it: its own at once, others' when they are left. */
export function isReplayedBy(
  ownFolder: string,
  folder: SpoolFolder,
  orphanedAfterMs: number,
): boolean {
  return folder.name === ownFolder || isLeft(folder, orphanedAfterMs);
}

/**
 * How long ago something happened, by the times of files. A clock that was set back leaves times behind that lie ahead: as long ago
 * as they are ahead, since nobody should have to wait until the clock is there again.
 */
export function apartMs(nowMs: number, thenMs: number): number {
  return Math.abs(nowMs - thenMs);
}

/** `7` to `00000007.spool`. */
export function segmentName(number: number): string {
  return `${String(number).padStart(8, '0')}.spool`;
}

/**
 * Every process's folder, the oldest first: their names are ids in order of time. Nothing where the spool was never used. One that
 * cannot be read says so, and does not keep the others from being read.
 */
export async function listFolders(directory: string): Promise<SpoolFolder[]> {
  const names = (await namesIn(directory)).filter((name) => FOLDER.test(name)).sort();
  const folders: SpoolFolder[] = [];
  for (const name of names) {
    const folderPath = path.join(directory, name);
    try {
      const folder = await lookAt(folderPath, name);
      if (folder !== undefined) folders.push(await readFolder(folder));
    } catch (error) {
      folders.push(unreadable(folderPath, name, error));
    }
  }
  return folders;
}

async function readFolder({
  path: folderPath,
  name,
  changedAtMs,
}: SpoolFile): Promise<SpoolFolder> {
  const files: SpoolFile[] = [];
  for (const fileName of (await namesIn(folderPath)).sort()) {
    const file = await lookAt(path.join(folderPath, fileName), fileName);
    if (file !== undefined) files.push(file);
  }
  const named = (pattern: RegExp): SpoolFile[] => files.filter((file) => pattern.test(file.name));
  return {
    path: folderPath,
    name,
    changedAtMs,
    segments: named(SEGMENT),
    refused: named(REFUSED),
    damaged: named(DAMAGED),
    aliveAtMs: files.find((file) => file.name === ALIVE_NAME)?.changedAtMs,
    fault: undefined,
  };
}

function unreadable(folderPath: string, name: string, error: unknown): SpoolFolder {
  return {
    ...{ path: folderPath, name, changedAtMs: 0, aliveAtMs: undefined },
    ...{ segments: [], refused: [], damaged: [], fault: describeError(error) },
  };
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** Undefined when it is gone. */
async function lookAt(filePath: string, name: string): Promise<SpoolFile | undefined> {
  try {
    const { size, mtimeMs } = await stat(filePath);
    return { path: filePath, name, bytes: size, changedAtMs: mtimeMs };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
