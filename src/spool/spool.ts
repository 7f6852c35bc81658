import type { Delivery } from '../deliveries/delivery.js';
import type { Lifeboat } from '../deliveries/lifeboat.js';
import { describeError } from '../database/database-errors.js';
import { DeadlineError } from '../lifecycle/within.js';
import { encodeFrame } from './frame.js';
import type { SegmentWriter } from './segment-writer.js';
import { isDiskFull, SpoolBrokenError, SpoolFullError } from './spool-errors.js';

/** Frames in memory that wait for the disk: what a burst brings while one group is being flushed. */
const MAX_WAITING = 4_000;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** One write and one fsync; a group that is larger makes everybody in it wait. */
const MAX_GROUP_BYTES = 4 * 1024 * 1024;
/** A disk that has just failed is left alone for so long: meanwhile everybody is told at once. */
const REST_AFTER_FAILURE_MS = 500;

/** A disk that has not answered for so long is no place for a webhook, though it may still write what it was given. */
const HANGS_AFTER_MS = 1_000;

/** Body and query of a webhook have 64 KiB each; the rest is for what is said of it. */
const LARGEST_BYTES = 192 * 1024;
const DOES_NOT_ANSWER = 'The disk of the spool does not answer.';
const BOUND_REACHED = 'The spool has reached its bound, SPOOL_MAX_BYTES (spoolMaxBytes).';

interface Waiting {
  readonly frame: Buffer;
  readonly settle: (error?: Error) => void;
}

/** What the disk said last, unless it has worked since. */
export type SpoolTrouble = 'full' | 'broken';

/** How much of the disk the spool takes: known to whoever looks through the folder. */
export interface SpoolRoom {
  hasRoomFor(bytes: number): boolean;
  wrote(bytes: number, frames: number): void;
}

/**
 * Keeps deliveries on this process's disk. Concurrent ones share one fsync: what gathers while one is under way goes with the
 * next.
 */
export class Spool implements Lifeboat {
  #waiting: Waiting[] = [];
  /** Of all that is not on the disk yet, the group that is being written included. */
  #waitingBytes = 0;
  #flushing: Promise<void> | undefined;
  /** Since when a group is being written, by the monotonic clock. */
  #writingSinceMs: number | undefined;
  #trouble:
    { readonly kind: SpoolTrouble; readonly error: Error; readonly atMs: number } | undefined;
  #closed = false;

  constructor(
    private readonly writer: SegmentWriter,
    private readonly room: SpoolRoom,
  ) {}

  /** What keeps it from taking just any webhook. */
  get trouble(): SpoolTrouble | undefined {
    if (this.#trouble !== undefined) return this.#trouble.kind;
    if (this.#isHanging()) return 'broken';
    return this.room.hasRoomFor(this.#waitingBytes + LARGEST_BYTES) ? undefined : 'full';
  }

  /** What the disk said, for people. */
  get troubleText(): string {
    const error = this.#trouble?.error;
    if (error === undefined && this.#isHanging()) return DOES_NOT_ANSWER;
    if (error === undefined) return this.trouble === undefined ? '' : BOUND_REACHED;
    return error.cause === undefined
      ? error.message
      : `${error.message} ${describeError(error.cause)}`;
  }

  takes(bytes: number): boolean {
    return (
      this.#trouble === undefined &&
      !this.#isHanging() &&
      this.room.hasRoomFor(this.#waitingBytes + bytes)
    );
  }

  async keep(delivery: Delivery, limitMs: number): Promise<void> {
    const frame = encodeFrame(delivery);
    this.#refuseWhatCannotBeKept(frame.length);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#giveUp(waiting);
        reject(new DeadlineError(`The spool's disk took longer than ${limitMs} ms`));
      }, limitMs);
      const waiting: Waiting = {
        frame,
        settle: (error) => {
          clearTimeout(timer);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      this.#waiting.push(waiting);
      this.#waitingBytes += frame.length;
      this.#flushing ??= this.#flushWaiting();
    });
  }

  /** Something that tried the disk says how that went; undefined: it works. */
  tell(error: unknown): void {
    if (error === undefined) {
      this.#trouble = undefined;
      return;
    }
    const kind = error instanceof SpoolFullError || isDiskFull(error) ? 'full' : 'broken';
    this.#trouble = { kind, error: asSpoolError(kind, error), atMs: performance.now() };
  }

  /** Something that tried the disk waits for it for too long. Whoever comes still waits for as long as there is time. */
  tellHanging(): void {
    this.#trouble = {
      kind: 'broken',
      error: new SpoolBrokenError(DOES_NOT_ANSWER),
      atMs: -Infinity,
    };
  }

  /** Ends segments that are quiet, between two groups. */
  async rollAfter(quietMs: number): Promise<void> {
    if (this.#flushing === undefined) await this.writer.rollAfter(quietMs);
  }

  /** Flushes what waits, then takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#flushing;
    await this.writer.close();
  }

  #isHanging(): boolean {
    const sinceMs = this.#writingSinceMs;
    return sinceMs !== undefined && performance.now() - sinceMs >= HANGS_AFTER_MS;
  }

  #refuseWhatCannotBeKept(bytes: number): void {
    if (this.#closed) throw new SpoolBrokenError('The spool is closed.');
    if (this.#trouble && performance.now() - this.#trouble.atMs < REST_AFTER_FAILURE_MS) {
      throw this.#trouble.error;
    }
    if (!this.room.hasRoomFor(this.#waitingBytes + bytes)) throw new SpoolFullError(BOUND_REACHED);
    if (this.#waiting.length >= MAX_WAITING || this.#waitingBytes + bytes > MAX_WAITING_BYTES) {
      throw new SpoolFullError('Too many deliveries wait for the disk of the spool.');
    }
  }

  /** Nobody waits for it any more; one that is being written is written. */
  #giveUp(waiting: Waiting): void {
    const index = this.#waiting.indexOf(waiting);
    if (index === -1) return;
    this.#waiting.splice(index, 1);
    this.#waitingBytes -= waiting.frame.length;
  }

  async #flushWaiting(): Promise<void> {
    // What arrives within this turn of the event loop goes with the first group.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#flushGroup(this.#takeGroup());
    this.#flushing = undefined;
  }

  #takeGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { frame } of this.#waiting) {
      if (count > 0 && bytes + frame.length > MAX_GROUP_BYTES) break;
      bytes += frame.length;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #flushGroup(group: readonly Waiting[]): Promise<void> {
    const bytes = Buffer.concat(group.map(({ frame }) => frame));
    this.#writingSinceMs = performance.now();
    try {
      await this.writer.append(bytes);
      this.room.wrote(bytes.length, group.length);
      this.tell(undefined);
      for (const { settle } of group) settle();
    } catch (error) {
      this.tell(error);
      for (const { settle } of group) settle(this.#trouble?.error);
    } finally {
      this.#writingSinceMs = undefined;
      this.#waitingBytes -= bytes.length;
    }
  }
}

function asSpoolError(kind: SpoolTrouble, error: unknown): Error {
  if (error instanceof SpoolFullError || error instanceof SpoolBrokenError) return error;
  return kind === 'full'
    ? new SpoolFullError('The disk of the spool is full.', { cause: error })
    : new SpoolBrokenError('The disk of the spool does not write.', { cause: error });
}
