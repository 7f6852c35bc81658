import type { Queryable } from '../database/database.js';
import { firstIdAt, newId } from '../database/new-id.js';
import type { Outcome } from './judge-answer.js';

/** As long as a dispute about a delivery may take to come up; events themselves are kept longer. */
export const LOG_KEPT_DAYS = 30;
const ROWS_PER_BATCH = 5_000;
const DAY_MS = 24 * 3_600_000;

/** One call of an endpoint, and how it ended. */
export interface Attempt {
  readonly endpointId: string;
  readonly eventId: string;
  readonly attemptedAt: Date;
  readonly durationMs: number;
  /** Undefined: there was no answer. */
  readonly statusCode: number | undefined;
  readonly outcome: Outcome;
  /** Why it was not delivered, in our words. */
  readonly error: string | undefined;
}

export async function logAttempt(queryable: Queryable, attempt: Attempt): Promise<void> {
  const { endpointId, eventId, attemptedAt, durationMs, statusCode, outcome, error } = attempt;
  await queryable.query(
    `INSERT INTO kakao_share.event_endpoint_deliveries
       (id, endpoint_id, event_id, attempted_at, duration_ms, status_code, outcome, error)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      ...[newId(), endpointId, eventId, attemptedAt, Math.round(durationMs)],
      ...[statusCode ?? null, outcome, error ?? null],
    ],
  );
}

/** Drops a batch of what is older than the log goes back. @returns whether there may be more */
export async function trimDeliveryLog(queryable: Queryable, now: Date): Promise<boolean> {
  const dropped = await queryable.query(
    `DELETE FROM kakao_share.event_endpoint_deliveries WHERE id IN (
       SELECT id FROM kakao_share.event_endpoint_deliveries WHERE id < $1 ORDER BY id LIMIT ${ROWS_PER_BATCH}) RETURNING 1`,
    [firstIdAt(new Date(now.getTime() - LOG_KEPT_DAYS * DAY_MS))],
  );
  return dropped.length === ROWS_PER_BATCH;
}
