import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import type { OwnFolder } from './own-folder.js';
import { isGone, SpoolBrokenError } from './spool-errors.js';
import { segmentName } from './spool-files.js';

const FILE_MODE = 0o600;
/** Far more often than others, who wait for segments to be quiet, could take one away just then. */
const MAX_TRIES = 8;

/** What is done with an open segment; a file handle of Node's does it. */
export interface SegmentFile {
  write(bytes: Buffer): Promise<{ bytesWritten: number }>;
  sync(): Promise<void>;
  stat(): Promise<{ readonly ino: number; readonly dev: number }>;
  close(): Promise<void>;
}
export type OpenSegmentFile = (filePath: string) => Promise<SegmentFile>;

interface Segment {
  readonly path: string;
  readonly file: SegmentFile;
  readonly ino: number;
  readonly dev: number;
  bytes: number;
  writtenAtMs: number;
}

/** Exclusively: a segment is never written on by two. */
export const openNewFile: OpenSegmentFile = (filePath) => open(filePath, 'ax', FILE_MODE);

/** Appends to segments of one folder, durably. One call at a time. */
export class SegmentWriter {
  #current: Segment | undefined;
  #lastNumber = 0;

  constructor(
    private readonly folder: OwnFolder,
    private readonly segmentBytes: number,
    private readonly openFile: OpenSegmentFile = openNewFile,
  ) {}

  /**
   * Resolves when the bytes are flushed to a segment that is still there. After an error of write or fsync nobody knows what a file
   * holds, so the segment is left as it is and a new one is tried, once. One that was tidied away while this process slept is
   * followed by a new one, too.
   */
  async append(bytes: Buffer): Promise<void> {
    if (this.#current !== undefined && this.#current.bytes >= this.segmentBytes) await this.close();
    let hasFailed = false;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      try {
        if (await this.#write(bytes)) return;
      } catch (error) {
        if (hasFailed && !isGone(error)) throw error;
        hasFailed ||= !isGone(error);
      }
      await this.close();
    }
    throw new SpoolBrokenError('Segments vanish as soon as they are written.');
  }

  /** Ends a segment that was not written to for so long, so that it can be tidied away. */
  async rollAfter(quietMs: number): Promise<void> {
    if (this.#current === undefined || performance.now() - this.#current.writtenAtMs < quietMs)
      return;
    await this.close();
  }

  async close(): Promise<void> {
    const closing = this.#current;
    this.#current = undefined;
    // Everything that counts is flushed.
    await closing?.file.close().catch(() => undefined);
  }

  /** @returns false when what was written to is not at its path any more: whoever took it away may not have seen these bytes */
  async #write(bytes: Buffer): Promise<boolean> {
    const segment = (this.#current ??= await this.#openNext());
    segment.writtenAtMs = performance.now();
    for (let written = 0; written < bytes.length;) {
      written += (await segment.file.write(bytes.subarray(written))).bytesWritten;
    }
    await segment.file.sync();
    segment.bytes += bytes.length;
    return isInPlace(segment);
  }

  async #openNext(): Promise<Segment> {
    await this.folder.ensure();
    const segmentPath = path.join(this.folder.path, segmentName(++this.#lastNumber));
    const file = await this.openFile(segmentPath);
    try {
      await this.folder.flush(this.folder.path);
      const { ino, dev } = await file.stat();
      return { path: segmentPath, file, ino, dev, bytes: 0, writtenAtMs: performance.now() };
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
  }
}

async function isInPlace(segment: Segment): Promise<boolean> {
  try {
    const { ino, dev } = await stat(segment.path);
    return ino === segment.ino && dev === segment.dev;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}
