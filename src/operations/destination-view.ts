import type { DestinationStanding } from '../relay/destination-standing.js';
import { timeOf } from './time-of.js';

/** A destination of events, as callers see it. */
export interface DestinationView {
  readonly name: string;
  readonly kind: string;
  /** Hears of this app alone; null: of every app. */
  readonly app: string | null;
  /** Hears of these types alone; null: of all. */
  readonly types: readonly string[] | null;
  readonly createdAt: string;
  readonly state: string;
  readonly since: string | null;
  readonly reason: string | null;
  /** Events that wait, counted up to 10,000. */
  readonly waiting: number;
  readonly waitingSince: string | null;
  /** Events that it would not take, counted up to 10,000. */
  readonly refused: number;
  readonly retryAt: string | null;
  readonly lastPublishedAt: string | null;
}

export function showDestination(standing: DestinationStanding): DestinationView {
  const { name, kind, app, types, state, reason, waiting, refused } = standing;
  return {
    ...{ name, kind, app, types },
    createdAt: standing.created_at.toISOString(),
    state,
    since: timeOf(standing.since),
    reason,
    waiting,
    waitingSince: timeOf(standing.waiting_since),
    refused,
    retryAt: timeOf(standing.retry_at),
    lastPublishedAt: timeOf(standing.last_published_at),
  };
}
