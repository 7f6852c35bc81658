import type { Verdict } from './outcome.js';

/** Hears how deliveries ended, once that is committed: so it counts and does nothing else. */
export interface SettlementObserver {
  settled(verdicts: readonly Verdict[]): void;
}
