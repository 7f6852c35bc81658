import type { Logger } from '@nestjs/common';
import { rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { Inventory, SegmentProgress } from './inventory.js';
import { flushFolder, removeIfEmpty } from './own-folder.js';
import { isGone } from './spool-errors.js';
import {
  ALIVE_NAME,
  apartMs,
  PROBE_NAME,
  type SpoolFile,
  type SpoolFolder,
} from './spool-files.js';

export interface TidyOptions {
  readonly ownFolder: string;
  readonly dropAfterMs: number;
  readonly orphanedAfterMs: number;
}

type TidyLogger = Pick<Logger, 'warn' | 'error'>;

/**
 * Deletes segments whose every frame is committed, whoever wrote them, and the empty folders of processes that are gone.
 *
 * No lock is needed. A segment is renamed first; then what it holds is looked at once more, and only when nothing has come it is
 * deleted. Its writer looks whether the file is at its path after each fsync and before it says that anything is durable. So what
 * was written before the renaming is seen here, and what was written after it is written once more by its writer, be it frozen
 * for hours between the two.
 *
 * @throws the last of what went wrong, once all that could be done is done
 */
export async function tidy(
  inventory: Inventory,
  nowMs: number,
  options: TidyOptions,
  logger: TidyLogger,
): Promise<void> {
  let failure: Error | undefined;
  // What cannot be taken away, a file of another user's, stays; everything else goes.
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!isGone(error)) failure = error instanceof Error ? error : new Error(String(error));
    }
  };
  for (const folder of inventory.folders) {
    for (const segment of folder.segments) {
      const progress = inventory.progressOf(folder, segment);
      const isQuiet = apartMs(nowMs, segment.changedAtMs) >= options.dropAfterMs;
      if (isQuiet && isCommitted(segment, progress)) {
        await attempt(() => takeAway(folder, segment, progress, logger));
      }
    }
    await attempt(() => removeFolderOfTheDead(folder, nowMs, options));
  }
  if (failure !== undefined) throw failure;
}

function isCommitted(segment: SpoolFile, progress: SegmentProgress): boolean {
  return progress.replayedFrames === progress.countedFrames && progress.seenBytes === segment.bytes;
}

async function takeAway(
  folder: SpoolFolder,
  segment: SpoolFile,
  progress: SegmentProgress,
  logger: TidyLogger,
): Promise<void> {
  // For a later version of this code, which can read it.
  if (progress.tail === 'newer') return;
  const number = segment.name.slice(0, 8);
  if (progress.tail === 'damaged') {
    await rename(segment.path, path.join(folder.path, `${number}.damaged`));
    logger.error(
      `${segment.path} is damaged from byte ${progress.countedBytes} on: what comes before is committed, the file is kept as ${number}.damaged.`,
    );
    return;
  }
  const dropping = path.join(folder.path, `${number}.dropping`);
  if (segment.path !== dropping) await rename(segment.path, dropping);
  const { size } = await stat(dropping);
  // Something came: it is found at the next look, and replayed.
  if (size !== progress.seenBytes) return;
  await unlink(dropping);
  const tornBytes = size - progress.countedBytes;
  if (tornBytes > 0) {
    logger.warn(
      `${segment.path} ended in ${tornBytes} bytes of a frame that was never finished, nor acknowledged: cut off.`,
    );
  }
}

async function removeFolderOfTheDead(
  folder: SpoolFolder,
  nowMs: number,
  { ownFolder, orphanedAfterMs }: TidyOptions,
): Promise<void> {
  if (folder.fault !== undefined) return;
  const isEmpty = folder.segments.length + folder.refused.length + folder.damaged.length === 0;
  const heardOfAtMs = Math.max(folder.aliveAtMs ?? 0, folder.changedAtMs);
  if (folder.name === ownFolder || !isEmpty || apartMs(nowMs, heardOfAtMs) < orphanedAfterMs)
    return;
  for (const name of [ALIVE_NAME, PROBE_NAME]) {
    await unlink(path.join(folder.path, name)).catch(ignoreGone);
  }
  await removeIfEmpty(folder.path);
  await flushFolder(path.dirname(folder.path));
}

function ignoreGone(error: unknown): void {
  if (!isGone(error)) throw error;
}
