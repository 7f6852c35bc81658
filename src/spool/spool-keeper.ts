import type { Logger } from '@nestjs/common';
import { SideConnection } from '../database/beside-pool.js';
import { describeError } from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { acceptBatch } from '../deliveries/accept-batch.js';
import type { Lifeboat } from '../deliveries/lifeboat.js';
import { BackgroundLoop } from '../lifecycle/background-loop.js';
import { within } from '../lifecycle/within.js';
import { Inventory } from './inventory.js';
import { OwnFolder } from './own-folder.js';
import { Replayer } from './replayer.js';
import { SegmentWriter } from './segment-writer.js';
import { Spool } from './spool.js';
import { isLeft, isReplayedBy } from './spool-files.js';
import {
  DEFAULT_REPLAY_PER_S,
  DEFAULT_SPOOL_MAX_BYTES,
  SEGMENT_BYTES,
  SPOOL_TIMES,
  type SpoolOptions,
  type SpoolTimes,
} from './spool-options.js';
import type { SpoolStanding } from './spool-standing.js';
import { tidy } from './tidy.js';
import { TroubleLog } from './trouble-log.js';

/** A batch of what waits is no webhook that Kakao waits for. */
const ACCEPT_LIMIT_MS = 5_000;
/** A few bytes are flushed in milliseconds; a disk under load takes a while. */
const DISK_LIMIT_MS = 2_000;

/** What the keeper hears from the door, and tells it. */
export interface Door {
  isBusy(): boolean;
  /** Deliveries are in the database now, so it commits. */
  onCommitted(deliveryIds: readonly string[]): void;
}

/** Owns a process's spool: what writes to it, what looks after it, and what commits it when the database is back. */
export class SpoolKeeper {
  readonly #inventory: Inventory;
  readonly #own: OwnFolder;
  readonly #spool: Spool;
  readonly #side: SideConnection;
  readonly #looking: BackgroundLoop;
  readonly #replaying: BackgroundLoop;
  readonly #told: TroubleLog;
  #isProven = false;
  #trying: Promise<void> | undefined;

  constructor(
    options: SpoolOptions,
    database: Database,
    door: Door,
    private readonly logger: Logger,
    private readonly times: SpoolTimes = SPOOL_TIMES,
  ) {
    this.#own = new OwnFolder(options.directory, newId());
    this.#inventory = new Inventory(options.directory, options.maxBytes ?? DEFAULT_SPOOL_MAX_BYTES);
    this.#spool = new Spool(new SegmentWriter(this.#own, SEGMENT_BYTES), this.#inventory);
    this.#side = new SideConnection(database);
    this.#told = new TroubleLog(logger);
    const replayer = new Replayer(
      this.#inventory,
      (batch) =>
        acceptBatch(this.#side, batch, {
          deadlineMs: performance.now() + ACCEPT_LIMIT_MS,
          heldKeys: 'leave',
        }),
      (deliveryIds) => {
        door.onCommitted(deliveryIds);
      },
      {
        ...times,
        ownFolder: this.#own.name,
        replayPerS: options.replayPerS ?? DEFAULT_REPLAY_PER_S,
        isDoorBusy: () => door.isBusy(),
      },
      logger,
    );
    this.#replaying = new BackgroundLoop('replaying the spool', () => replayer.step(), logger);
    this.#looking = new BackgroundLoop('looking after the spool', () => this.#look(), logger);
  }

  get lifeboat(): Lifeboat {
    return this.#spool;
  }

  /** Does not wait: a door opens whatever its spool is like. */
  start(): void {
    this.#looking.start();
    this.#replaying.start();
  }

  /** The database commits again. */
  wake(): void {
    this.#replaying.wake();
  }

  /** Ends the replay; the spool goes on taking what comes. */
  async stopReplay(limitMs: number): Promise<void> {
    await this.#replaying.stop(limitMs);
    await within(limitMs, 'closing the connection of the replay', this.#side.close()).catch(
      () => undefined,
    );
  }

  /** Flushes what was taken and leaves the folder to others. */
  async close(limitMs: number): Promise<void> {
    await this.#looking.stop(limitMs);
    await within(
      limitMs,
      'closing the spool',
      this.#spool.close().then(() => this.#own.leave()),
    ).catch((error: unknown) => {
      this.logger.warn(`The spool was not closed in order: ${describeError(error)}`);
    });
  }

  standing(): SpoolStanding {
    const { bytes, maxBytes, refused } = this.#inventory;
    const damaged = this.#inventory.damaged + this.#inventory.unreadable.length;
    // What a living process has committed of its own it has told nobody else.
    const { frames, oldestReceivedAt } = this.#inventory.waitingIn((folder) =>
      isReplayedBy(this.#own.name, folder, this.times.orphanedAfterMs),
    );
    const inUse = frames > 0 ? 'in-use' : 'ok';
    return {
      state: this.#spool.trouble ?? inUse,
      ...{ bytes, maxBytes, framesWaiting: frames, oldestReceivedAt, refused, damaged },
      newer: this.#newerPaths.length,
    };
  }

  /** A later version that lives beside this one, as in a rolling deployment, replays its own. */
  get #newerPaths(): string[] {
    return this.#inventory.newer
      .filter(({ folder }) => isLeft(folder, this.times.orphanedAfterMs))
      .map(({ path }) => path);
  }

  async #look(): Promise<number> {
    await this.#tryDisk();
    await this.#lookThrough();
    return this.times.lookEveryMs;
  }

  /** One try at a time: those that hang would take the threads from all that wants a disk or a name's address. */
  async #tryDisk(): Promise<void> {
    this.#trying ??= this.#useDisk().finally(() => {
      this.#trying = undefined;
    });
    await within(DISK_LIMIT_MS, 'trying the disk', this.#trying).catch(() => {
      this.#spool.tellHanging();
    });
    this.#told.tellTrouble(this.#spool);
  }

  async #useDisk(): Promise<void> {
    try {
      await this.#proveDisk();
      await this.#own.sayAlive();
      await this.#spool.rollAfter(this.times.rollAfterMs);
    } catch (error) {
      this.#spool.tell(error);
    }
  }

  /** What others have left, and cannot be read or taken away, says nothing about whether this process can write. */
  async #lookThrough(): Promise<void> {
    try {
      await this.#inventory.look();
      this.#told.tellUnreadable(this.#inventory.unreadable);
      this.#told.tellNewer(this.#newerPaths);
      const tidying = { ...this.times, ownFolder: this.#own.name };
      await tidy(this.#inventory, Date.now(), tidying, this.logger);
      this.#told.tellUntidy(undefined);
    } catch (error) {
      this.#told.tellUntidy(error);
    }
  }

  /** At the start, and as long as it is in trouble: nobody should have to lose a webhook to find out. */
  async #proveDisk(): Promise<void> {
    if (this.#isProven && this.#spool.trouble === undefined) return;
    await this.#own.probe();
    this.#isProven = true;
    this.#spool.tell(undefined);
  }
}
