import type { Database, Transaction } from '../database/database.js';
import type { SettlementQueue } from '../queue/settlement-queue.js';
import { reopenDecided, type ReplayOrigin } from './reopen-decided.js';
import { NotReplayableError } from './replay-errors.js';

const LIMITS = { statementTimeoutMs: 10_000, lockTimeoutMs: 3_000 };

/** Who wants which delivery settled once more, and why. */
export interface Replay extends Pick<ReplayOrigin, 'actor' | 'reason'> {
  readonly deliveryId: string;
}

/**
 * Opens a decided delivery again and asks for its settlement, by today's code, campaigns as of its receipt, and its corrections.
 *
 * @param queue undefined where there is none at hand: the next sweep asks
 * @throws {NotReplayableError} when it is open, has paid, or was erased
 */
export async function replayDelivery(
  database: Database,
  queue: SettlementQueue | undefined,
  { deliveryId, ...origin }: Replay,
): Promise<void> {
  await database.transaction(LIMITS, async (tx) => {
    const dispatch = queue === undefined ? 'sweep' : 'job';
    const [reopened] = await reopenDecided(tx, [deliveryId], origin, dispatch);
    if (reopened === undefined) throw new NotReplayableError(await whyNot(tx, deliveryId));
  });
  // Without a job the sweeper finds it; the answer does not depend on the queue.
  await queue?.add([[deliveryId]]).catch(() => undefined);
}

async function whyNot(tx: Transaction, deliveryId: string): Promise<string> {
  const [current] = await tx.query<{ has_paid: boolean }>(
    `SELECT transfer_id IS NOT NULL AS has_paid FROM kakao_share.decisions
     WHERE delivery_id = $1 AND superseded_at IS NULL`,
    [deliveryId],
  );
  if (current === undefined)
    return 'The delivery is not settled yet: it will be, without a replay.';
  return current.has_paid
    ? 'What has paid is never decided again.'
    : 'What was received has been erased: there is nothing left to decide.';
}
