import { finding, type Finding } from './alarm.js';

/** How this process's clock stands against the database's. */
export interface ClockFacts {
  /** Positive: ours is ahead. */
  readonly aheadMs: number;
  /** How far off that may be: half of the time that asking took. */
  readonly uncertaintyMs: number;
}

/** Windows, days and leases compare times of several machines; NTP keeps them within milliseconds. */
const MAX_SKEW_MS = 1_000;

/** @param before our clock before asking, @param after when the answer was there */
export function compareClocks(before: Date, database: Date, after: Date): ClockFacts {
  const uncertaintyMs = (after.getTime() - before.getTime()) / 2;
  return { aheadMs: before.getTime() + uncertaintyMs - database.getTime(), uncertaintyMs };
}

export function judgeClock({ aheadMs, uncertaintyMs }: ClockFacts): Finding[] {
  if (Math.abs(aheadMs) - uncertaintyMs <= MAX_SKEW_MS) return [];
  const direction = aheadMs > 0 ? 'ahead of' : 'behind';
  return [
    finding(
      'clock-skew',
      `the clock of a process is ${Math.round(Math.abs(aheadMs))} ms ${direction} the database's`,
    ),
  ];
}
