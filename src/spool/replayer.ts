import type { Logger } from '@nestjs/common';
import { describeError, isLockTimeout } from '../database/database-errors.js';
import type { Acceptance, Delivery } from '../deliveries/delivery.js';
import { decodePayload } from './frame.js';
import { NOT_SEEN, type Inventory, type SegmentProgress } from './inventory.js';
import { isRefused } from './judge-refusal.js';
import { readSegment, type SegmentReading } from './read-segment.js';
import { setFrameAside } from './refused-frame.js';
import { isGone } from './spool-errors.js';
import { isReplayedBy, type SpoolFile, type SpoolFolder } from './spool-files.js';

/** One transaction commits so many. */
const BATCH = 200;
/** So many refused frames in a folder are no accident: then it is better to stop than to put everything aside. */
const MAX_REFUSED = 1_000;
/** How much longer than usual to rest while webhooks wait at the door. */
const YIELD = 4;

export interface ReplayerOptions {
  /** Whose folder is replayed at once; others' when their owner has left or was not heard of for so long. */
  readonly ownFolder: string;
  readonly orphanedAfterMs: number;
  readonly replayPerS: number;
  /** How long to rest when there is nothing to do. */
  readonly lookEveryMs: number;
  /** Webhooks wait for the database: they come first. */
  readonly isDoorBusy: () => boolean;
}

/** What a batch of deliveries became, one by one. Committing the same ones again must say the same. */
export type Accept = (batch: readonly Delivery[]) => Promise<(Acceptance | Error)[]>;

/** Commits what was spooled: in the order of each folder, a batch at a time, no faster than the database and the door allow. */
export class Replayer {
  /** Before this nothing more is committed, by the monotonic clock. */
  #restUntilMs = 0;

  constructor(
    private readonly inventory: Inventory,
    private readonly accept: Accept,
    /** Hears, whenever the database has committed some, which of them are not settled yet. */
    private readonly onCommitted: (deliveryIds: readonly string[]) => void,
    private readonly options: ReplayerOptions,
    private readonly logger: Pick<Logger, 'error'>,
  ) {}

  /**
   * Commits the next batch.
   * @returns how long to rest, ms
   * @throws when the database does not take it now
   */
  async step(): Promise<number> {
    // Whoever wakes it early wakes it from a back-off, or from having nothing to do: not from keeping to its pace.
    const aheadMs = this.#restUntilMs - performance.now();
    if (aheadMs > 0) return aheadMs;
    const next = this.#findNext();
    if (next === undefined) return this.options.lookEveryMs;
    const startedAtMs = performance.now();
    const count = await this.#replay(...next).catch(zeroIfGone);
    if (count === 'held') return this.options.lookEveryMs;
    const tookMs = performance.now() - startedAtMs;
    const leastMs = Math.max(tookMs, (count * 1_000) / this.options.replayPerS - tookMs);
    const restMs = this.options.isDoorBusy() ? leastMs * YIELD : leastMs;
    this.#restUntilMs = performance.now() + restMs;
    return restMs;
  }

  #findNext(): [SpoolFolder, SpoolFile, SegmentProgress] | undefined {
    const { ownFolder, orphanedAfterMs } = this.options;
    for (const folder of this.inventory.folders) {
      if (!isReplayedBy(ownFolder, folder, orphanedAfterMs)) continue;
      for (const segment of folder.segments) {
        const progress = this.inventory.progressOf(folder, segment);
        if (progress.fault !== undefined) continue;
        if (progress.replayedFrames < progress.countedFrames) return [folder, segment, progress];
      }
    }
    return undefined;
  }

  async #replay(
    folder: SpoolFolder,
    segment: SpoolFile,
    progress: SegmentProgress,
  ): Promise<number | 'held'> {
    const most = Math.min(BATCH, progress.countedFrames - progress.replayedFrames);
    const frames = await readFrames(segment, progress, most);
    if (frames === undefined) return 0;
    if (frames.length === 0) {
      recountFromHere(progress);
      return 0;
    }
    const batch = frames.map(({ payload }) => decodePayload(payload));
    if (!(await this.#commit(folder, batch))) return 'held';
    progress.replayedBytes = frames.at(-1)?.endsAt ?? progress.replayedBytes;
    progress.replayedFrames += frames.length;
    return frames.length;
  }

  /** @returns false when somebody holds a key of it: the door's own insert, cut off, whose transaction the server ends in time */
  async #commit(folder: SpoolFolder, batch: readonly Delivery[]): Promise<boolean> {
    const results = await this.accept(batch);
    const committed = results.filter((result): result is Acceptance => !(result instanceof Error));
    this.#tellCommitted(committed);
    if (results.some(isLockTimeout)) return false;
    for (const [index, delivery] of batch.entries()) {
      if (results[index] instanceof Error) await this.#commitAlone(folder, delivery);
    }
    return true;
  }

  /** @throws when it is the database that is in trouble, and not this delivery */
  async #commitAlone(folder: SpoolFolder, delivery: Delivery): Promise<void> {
    const [result] = await this.accept([delivery]);
    if (!(result instanceof Error)) {
      this.#tellCommitted(result === undefined ? [] : [result]);
      return;
    }
    if (!isRefused(result)) throw result;
    if (folder.refused.length >= MAX_REFUSED) {
      throw new Error(`${MAX_REFUSED} spooled deliveries were refused: replay stops here.`);
    }
    await setFrameAside(folder.path, delivery);
    this.logger.error(
      `The database refuses the spooled delivery ${delivery.id}, which is set aside in ${folder.path} (see "spool list"): ` +
        describeError(result),
    );
  }

  #tellCommitted(committed: readonly Acceptance[]): void {
    // A database that took nothing has not come back.
    if (committed.length === 0) return;
    this.onCommitted(
      committed.filter(({ status }) => status !== 'duplicate').map((one) => one.deliveryId),
    );
  }
}

/** Undefined when the disk does not give them back: then the segment waits for the next look, and others have their turn. */
async function readFrames(
  segment: SpoolFile,
  progress: SegmentProgress,
  most: number,
): Promise<SegmentReading['frames'] | undefined> {
  try {
    return (await readSegment(segment.path, progress.replayedBytes, most)).frames;
  } catch (error) {
    if (isGone(error)) throw error;
    progress.fault = describeError(error);
    return undefined;
  }
}

/** A disk gives back other bytes than those that were counted, of a file that has not grown: the next look says what it is. */
function recountFromHere(progress: SegmentProgress): void {
  progress.countedBytes = progress.replayedBytes;
  progress.countedFrames = progress.replayedFrames;
  progress.seenBytes = NOT_SEEN;
}

/** Somebody else has committed and deleted it. */
function zeroIfGone(error: unknown): number {
  if (isGone(error)) return 0;
  throw error;
}
