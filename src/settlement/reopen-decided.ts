import { recordAudits } from '../audit/record-audit.js';
import type { Transaction } from '../database/database.js';
import { reopenDeliveries, type Dispatch } from '../deliveries/reopen-delivery.js';

/** A delivery that is open again, and how it had ended. */
export interface Reopened {
  readonly id: string;
  readonly number: number;
  readonly app: string;
  readonly verdict: string;
  readonly reasons: readonly string[];
}

/** Who wants deliveries decided once more, why, and as part of which replay of many. */
export interface ReplayOrigin {
  readonly actor: string;
  readonly reason: string;
  readonly replayId?: string;
}

/**
 * Opens decided deliveries again; their decisions stay as history. What has paid is never decided again: it is passed over, as is
 * what is open or erased, and the database itself refuses to supersede a decision that paid.
 *
 * @returns those that are open now, oldest first
 */
export async function reopenDecided(
  tx: Transaction,
  deliveryIds: readonly string[],
  origin: ReplayOrigin,
  dispatch: Dispatch,
): Promise<Reopened[]> {
  // In one order, so that two replays of the same deliveries never wait for each other; held against an erasure under way.
  const held = await tx.query<{ id: string }>(
    `SELECT c.delivery_id AS id FROM kakao_share.decisions c JOIN kakao_share.deliveries d ON d.id = c.delivery_id
     WHERE c.delivery_id = ANY($1) AND c.superseded_at IS NULL AND c.transfer_id IS NULL AND d.query IS NOT NULL
     ORDER BY c.delivery_id FOR UPDATE OF c FOR SHARE OF d`,
    [deliveryIds],
  );
  const ids = held.map(({ id }) => id);
  const superseded = await tx.query<Reopened>(
    `UPDATE kakao_share.decisions SET superseded_at = clock_timestamp()
     WHERE delivery_id = ANY($1) AND superseded_at IS NULL
     RETURNING delivery_id AS id, number, app, verdict, reasons`,
    [ids],
  );
  await reopenDeliveries(tx, ids, dispatch);
  const { actor, reason, replayId } = origin;
  await recordAudits(
    tx,
    superseded.map(({ id, app, ...before }) => ({
      ...{ actor, app, action: 'delivery.replay' as const, target: id, reason, before },
      after: { verdict: 'pending', ...(replayId === undefined ? {} : { replayId }) },
    })),
  );
  return superseded.sort((one, other) => (one.id < other.id ? -1 : 1));
}
