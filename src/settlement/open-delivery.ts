import type { Database, Transaction } from '../database/database.js';
import type { Problem } from '../kakao/parameter.js';
import type { ShareWebhook } from '../kakao/share-webhook.js';
import { readAgain, type Earlier } from './read-again.js';
import { readReceived, type ReceivedRequest } from './received-request.js';

/** A delivery to be settled, locked by the transaction that settles it. */
export interface OpenDelivery {
  readonly id: string;
  readonly app: string;
  readonly receivedAt: Date;
  /** How many decisions there were before: more than none after a replay. */
  readonly decisions: number;
  readonly earlier?: Earlier | undefined;
  readonly isTokenCorrected?: boolean;
  readonly lastError: string | undefined;
  /** What it says, or why that cannot be told. */
  readonly reading: ShareWebhook | readonly Problem[];
}

interface OpenRow extends ReceivedRequest {
  readonly id: string;
  readonly app: string;
  readonly received_at: Date;
  readonly problems: readonly Problem[] | null;
  readonly last_error: string | null;
  readonly decisions: number;
}

/**
 * Locks those of the named deliveries that are open and that nobody else is settling. What a stale job names is not among
 * them any more.
 */
export async function lockOpenDeliveries(
  tx: Transaction,
  deliveryIds: readonly string[],
): Promise<OpenDelivery[]> {
  const rows = await tx.query<OpenRow>(
    `SELECT d.id, d.app, d.received_at, d.user_parameter, d.method, d.headers, d.query, d.body, d.problems, o.last_error,
            (SELECT coalesce(max(number), 0) FROM kakao_share.decisions WHERE delivery_id = d.id) AS decisions
     FROM kakao_share.open_deliveries o JOIN kakao_share.deliveries d ON d.id = o.delivery_id
     WHERE o.delivery_id = ANY($1) AND d.id = ANY($1)
     ORDER BY o.delivery_id FOR UPDATE OF o SKIP LOCKED`,
    [deliveryIds],
  );
  const again = await readAgain(
    tx,
    rows.filter(({ decisions }) => decisions > 0),
  );
  return rows.map((row) => ({
    id: row.id,
    app: row.app,
    receivedAt: row.received_at,
    decisions: row.decisions,
    lastError: row.last_error ?? undefined,
    ...(again.get(row.id) ?? { reading: row.problems ?? readReceived(row) }),
  }));
}

/** Takes settled deliveries off the work list. */
export async function closeDeliveries(
  tx: Transaction,
  deliveryIds: readonly string[],
): Promise<void> {
  await tx.query('DELETE FROM kakao_share.open_deliveries WHERE delivery_id = ANY($1)', [
    deliveryIds,
  ]);
}

/** Counts an attempt before the work begins, so that a delivery which brings its worker down is counted too. */
export async function countAttempts(
  database: Database,
  deliveryIds: readonly string[],
  only: 'first attempts' | 'any attempt',
): Promise<{ id: string; attempts: number }[]> {
  return database.query<{ id: string; attempts: number }>(
    `UPDATE kakao_share.open_deliveries SET attempts = attempts + 1
     WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM kakao_share.open_deliveries
       WHERE delivery_id = ANY($1) AND (attempts = 0 OR NOT $2)
       ORDER BY delivery_id FOR UPDATE SKIP LOCKED))
     RETURNING delivery_id AS id, attempts`,
    [deliveryIds, only === 'first attempts'],
  );
}

/** Takes back what was counted for an attempt that the database, or somebody's lock, brought to nothing. */
export async function forgetAttempts(
  database: Database,
  deliveryIds: readonly string[],
  error: string,
): Promise<void> {
  await database.query(
    `UPDATE kakao_share.open_deliveries SET attempts = greatest(attempts - 1, 0), last_error = $2
     WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM kakao_share.open_deliveries
       WHERE delivery_id = ANY($1) ORDER BY delivery_id FOR UPDATE SKIP LOCKED))`,
    [deliveryIds, error],
  );
}

/** Keeps why a delivery failed and lets nobody ask for it before the lease is over. */
export async function postponeDelivery(
  database: Database,
  deliveryId: string,
  error: string,
  leaseMs: number,
): Promise<void> {
  await database.query(
    `UPDATE kakao_share.open_deliveries
     SET last_error = $2, dispatched_at = clock_timestamp(),
         leased_until = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
     WHERE delivery_id = $1`,
    [deliveryId, error, leaseMs],
  );
}
