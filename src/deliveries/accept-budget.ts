/** Kakao waits 3 s for its answer: what is left then is for the network, and for a process that is busy. */
export const DEFAULT_ACCEPT_TIMEOUT_MS = 2_500;
/** A database that is well needs some 10 ms. What takes longer than this is better kept in the spool, while there is time. */
const DATABASE_SHARE_MS = 1_200;
/** What a disk is given that is busy: left over whatever the database takes. */
const SPOOL_SHARE_MS = 600;
/** A disk that takes longer than this will not make it: the rest is left to a process that may be too busy to notice the time. */
const LONGEST_WRITE_MS = 1_000;
/** Not worth asking the database for less. */
const LEAST_MS = 50;

/** How long a webhook may still take, ms: reading its body has used some of it. Both times by one monotonic clock. */
export function timeLeftMs(arrivedAtMs: number, nowMs: number, limitMs: number): number {
  return Math.max(LEAST_MS, limitMs - (nowMs - arrivedAtMs));
}

/**
 * The database's share of it; 0 when there is only time for the spool.
 * @param maySpool whether there is a spool that takes it, as far as is known
 */
export function databaseShareMs(leftMs: number, maySpool: boolean): number {
  if (!maySpool) return leftMs;
  const shareMs = Math.min(DATABASE_SHARE_MS, leftMs - SPOOL_SHARE_MS);
  return shareMs < LEAST_MS ? 0 : shareMs;
}

/** The disk's share of it. */
export function spoolShareMs(leftMs: number): number {
  return Math.min(LONGEST_WRITE_MS, leftMs);
}
