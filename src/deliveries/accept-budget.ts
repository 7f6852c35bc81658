/** Kakao waits 3 s for its answer: what is left then is for the network, and for a process that is busy. */
export const DEFAULT_ACCEPT_TIMEOUT_MS = 2_500;
/** A database that is well needs some 10 ms. What takes longer than this is better kept in the spool, while there is time. */
const DATABASE_SHARE_MS = 1_200;
/** What a disk is given that is busy: left over whatever the database takes. */
const SPOOL_SHARE_MS = 600;
/**
 * A disk that takes longer than this, or a database that was given up and is asked for want of anything else, will not make it: the
 * rest is left to a process that may be too busy to notice the time.
 */
const LAST_RESORT_MS = 1_000;
/** Not worth asking the database for less. */
const LEAST_MS = 50;

/**
 * How long a webhook may still take, ms. Reading its body has used some of it; a clock that was set meanwhile neither adds to it
 * nor takes all of it.
 */
export function timeLeftMs(receivedAt: Date, nowMs: number, limitMs: number): number {
  const usedMs = Math.max(0, nowMs - receivedAt.getTime());
  return Math.max(LEAST_MS, limitMs - usedMs);
}

/** The database's share of it; 0 when there is only time for the spool. */
export function databaseShareMs(leftMs: number, hasSpool: boolean): number {
  if (!hasSpool) return leftMs;
  const shareMs = Math.min(DATABASE_SHARE_MS, leftMs - SPOOL_SHARE_MS);
  return shareMs < LEAST_MS ? 0 : shareMs;
}

/** The share of what comes last: of the spool, or of a database that was given up. */
export function lastResortShareMs(leftMs: number): number {
  return Math.min(LAST_RESORT_MS, leftMs);
}
