/** Where deliveries are kept while the database does not commit, and how much of that. */
export interface SpoolOptions {
  /** A folder on a disk that outlives the process. It belongs to one database: what is in there is committed to it. */
  readonly directory: string;
  /** All processes that share the folder may fill this much of the disk. Default 1 GiB. */
  readonly maxBytes?: number;
  /** How many deliveries one process commits again in a second, so that new ones keep their pace. Default 1000. */
  readonly replayPerS?: number;
}

/** A million webhooks of 1 KiB. */
export const DEFAULT_SPOOL_MAX_BYTES = 1024 ** 3;
export const DEFAULT_REPLAY_PER_S = 1_000;

/** How long things take; shorter in tests. */
export interface SpoolTimes {
  /** A segment that was not written to for so long gets no more. */
  readonly rollAfterMs: number;
  /** A segment that is committed and was not written to for so long is deleted: longer than the owner goes on writing to it. */
  readonly dropAfterMs: number;
  /** A folder whose owner was not heard of for so long is replayed by others. */
  readonly orphanedAfterMs: number;
  /** How often the folder is looked through. */
  readonly lookEveryMs: number;
}

export const SPOOL_TIMES: SpoolTimes = {
  rollAfterMs: 5_000,
  dropAfterMs: 10_000,
  orphanedAfterMs: 10_000,
  lookEveryMs: 1_000,
};
/** Large enough to be few, small enough to be tidied away while others are still being replayed. */
export const SEGMENT_BYTES = 8 * 1024 * 1024;
