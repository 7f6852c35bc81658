import { describeError } from '../database/database-errors.js';
import { decodePayload, type Tail } from './frame.js';
import { readSegment, type SegmentReading } from './read-segment.js';
import type { SpoolRoom } from './spool.js';
import { isGone } from './spool-errors.js';
import { listFolders, type SpoolFile, type SpoolFolder } from './spool-files.js';

/** Frames are counted so many at a time; others have their turn between. */
const FRAMES_AT_ONCE = 5_000;

/** The size of no file: what is counted so is counted at the next look, whatever its size. */
export const NOT_SEEN = -1;

/** What is known of a segment. In memory alone: whoever knows nothing replays it once more, which harms nobody. */
export interface SegmentProgress {
  /** How far its frames are in the database, and how many they are. */
  replayedBytes: number;
  replayedFrames: number;
  /** How far its whole frames reach, and how many they are. */
  countedBytes: number;
  countedFrames: number;
  /** What comes behind them, as of a file of this size. */
  tail: Tail;
  seenBytes: number;
  /** When the first one that is not in the database was received. */
  next: { readonly atByte: number; readonly receivedAt: Date } | undefined;
  /** Why it could not be read when it was last tried; it is tried again at the next look. */
  fault: string | undefined;
}

/** A folder or file that cannot be read: for people to look at. */
export interface Unreadable {
  readonly path: string;
  readonly why: string;
}

/** Deliveries that are in the spool alone. */
export interface Waiting {
  readonly frames: number;
  readonly oldestReceivedAt: Date | undefined;
}

/** Looks through the spool of all processes, and remembers what is committed. */
export class Inventory implements SpoolRoom {
  folders: readonly SpoolFolder[] = [];
  #progress = new Map<string, SegmentProgress>();
  #bytes = 0;
  /** Written since the last look began. */
  #newBytes = 0;
  #newFrames = 0;

  constructor(
    readonly directory: string,
    readonly maxBytes: number,
  ) {}

  get bytes(): number {
    return this.#bytes + this.#newBytes;
  }

  /** What is not in the database as far as is known here, of these folders and of what was written since the last look. */
  waitingIn(isMeant: (folder: SpoolFolder) => boolean): Waiting {
    const known = this.folders
      .filter(isMeant)
      .flatMap((folder) => folder.segments.map((segment) => this.progressOf(folder, segment)));
    const times = known.flatMap(({ next }) => next?.receivedAt.getTime() ?? []);
    return {
      frames: known.reduce(
        (sum, { countedFrames, replayedFrames }) =>
          sum + Math.max(0, countedFrames - replayedFrames),
        this.#newFrames,
      ),
      oldestReceivedAt: times.length === 0 ? undefined : new Date(Math.min(...times)),
    };
  }

  get refused(): number {
    return this.folders.reduce((sum, { refused }) => sum + refused.length, 0);
  }

  /** Also those whose whole frames are not committed yet, and which so have their name still. */
  get damaged(): number {
    const renamed = this.folders.flatMap(({ damaged }) => damaged);
    return renamed.length + this.#segmentsThatEnd('damaged').length;
  }

  /** Segments with frames of a later version, each with its folder: its owner may live, and replay them itself. */
  get newer(): readonly { readonly path: string; readonly folder: SpoolFolder }[] {
    return this.#segmentsThatEnd('newer');
  }

  get unreadable(): readonly Unreadable[] {
    return this.folders.flatMap((folder) => [
      ...faultOf(folder.path, folder),
      ...folder.segments.flatMap((segment) =>
        faultOf(segment.path, this.progressOf(folder, segment)),
      ),
    ]);
  }

  #segmentsThatEnd(how: Tail): { path: string; folder: SpoolFolder }[] {
    return this.folders.flatMap((folder) =>
      folder.segments
        .filter((segment) => this.progressOf(folder, segment).tail === how)
        .map(({ path }) => ({ path, folder })),
    );
  }

  hasRoomFor(bytes: number): boolean {
    return this.bytes + bytes <= this.maxBytes;
  }

  wrote(bytes: number, frames: number): void {
    this.#newBytes += bytes;
    this.#newFrames += frames;
  }

  /** A segment keeps what is known of it when it is renamed. */
  progressOf(folder: SpoolFolder, segment: SpoolFile): SegmentProgress {
    const key = `${folder.name}/${segment.name.slice(0, 8)}`;
    const known = this.#progress.get(key);
    if (known !== undefined) return known;
    const fresh: SegmentProgress = {
      ...{ replayedBytes: 0, replayedFrames: 0, countedBytes: 0, countedFrames: 0 },
      ...{ tail: 'end', seenBytes: 0, next: undefined, fault: undefined },
    };
    this.#progress.set(key, fresh);
    return fresh;
  }

  /** Lists what is there and counts what is new. */
  async look(): Promise<void> {
    const [bytesBefore, framesBefore] = [this.#newBytes, this.#newFrames];
    const folders = await listFolders(this.directory);
    const seen = new Map<string, SegmentProgress>();
    for (const folder of folders) {
      for (const segment of folder.segments) {
        const progress = this.progressOf(folder, segment);
        await countOrSayWhy(segment, progress);
        seen.set(`${folder.name}/${segment.name.slice(0, 8)}`, progress);
      }
    }
    this.folders = folders;
    this.#progress = seen;
    this.#bytes = folders
      .flatMap(({ segments, refused, damaged }) => [...segments, ...refused, ...damaged])
      .reduce((sum, { bytes }) => sum + bytes, 0);
    this.#newBytes -= bytesBefore;
    this.#newFrames -= framesBefore;
  }
}

/** A file that a disk does not give back keeps nobody from the others. */
async function countOrSayWhy(segment: SpoolFile, progress: SegmentProgress): Promise<void> {
  // What could not be read is read again, not remembered.
  if (progress.fault !== undefined) progress.next = undefined;
  try {
    await count(segment, progress);
    progress.fault = undefined;
  } catch (error) {
    if (!isGone(error)) progress.fault = describeError(error);
  }
}

async function count(segment: SpoolFile, progress: SegmentProgress): Promise<void> {
  if (segment.bytes === progress.seenBytes && segment.bytes > 0) return readNext(segment, progress);
  let reading: SegmentReading;
  do {
    reading = await readSegment(segment.path, progress.countedBytes, FRAMES_AT_ONCE);
    progress.countedBytes = reading.frames.at(-1)?.endsAt ?? progress.countedBytes;
    progress.countedFrames += reading.frames.length;
  } while (reading.tail === 'more');
  progress.tail = reading.tail;
  progress.seenBytes = progress.countedBytes + reading.leftBytes;
  await readNext(segment, progress);
}

async function readNext(segment: SpoolFile, progress: SegmentProgress): Promise<void> {
  if (progress.replayedFrames >= progress.countedFrames) {
    progress.next = undefined;
    return;
  }
  if (progress.next?.atByte === progress.replayedBytes) return;
  const { frames } = await readSegment(segment.path, progress.replayedBytes, 1);
  const [first] = frames;
  progress.next = first && {
    atByte: progress.replayedBytes,
    receivedAt: decodePayload(first.payload).receivedAt,
  };
}

function faultOf(path: string, { fault }: { readonly fault: string | undefined }): Unreadable[] {
  return fault === undefined ? [] : [{ path, why: fault }];
}
