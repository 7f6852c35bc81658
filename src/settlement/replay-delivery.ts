import { recordAudit } from '../audit/record-audit.js';
import type { Database } from '../database/database.js';
import type { SettlementQueue } from '../queue/settlement-queue.js';
import { reopenDelivery } from '../deliveries/reopen-delivery.js';

const LIMITS = { statementTimeoutMs: 10_000 };
/** Only what failed for want of a working service is settled again as it stands. */
const REPLAYABLE = 'failed';

/** A delivery that cannot be settled once more. */
export class NotReplayableError extends Error {
  readonly code = 'KAKAO_SHARE_NOT_REPLAYABLE';
  override readonly name = 'NotReplayableError';
}

/** Who wants a delivery settled once more, and why. */
export interface Replay {
  readonly deliveryId: string;
  readonly actor: string;
  readonly reason: string;
}

/**
 * Opens a failed delivery again and asks for its settlement; the failed decision stays as history.
 * @throws {NotReplayableError} when it is pending or did not fail
 */
export async function replayDelivery(
  database: Database,
  queue: SettlementQueue,
  replay: Replay,
): Promise<void> {
  const { deliveryId, actor, reason } = replay;
  await database.transaction(LIMITS, async (tx) => {
    const superseded = await tx.query<{
      number: number;
      app: string;
      verdict: string;
      reasons: string[];
    }>(
      `UPDATE kakao_share.decisions SET superseded_at = clock_timestamp()
       WHERE delivery_id = $1 AND superseded_at IS NULL AND verdict = $2
       RETURNING number, app, verdict, reasons`,
      [deliveryId, REPLAYABLE],
    );
    const [before] = superseded;
    if (before === undefined)
      throw new NotReplayableError(
        `Only a delivery with the verdict "${REPLAYABLE}" can be replayed.`,
      );
    await reopenDelivery(tx, deliveryId);
    const { app, ...decision } = before;
    await recordAudit(tx, {
      ...{ actor, app, action: 'delivery.replay', target: deliveryId, reason },
      before: decision,
      after: { verdict: 'pending' },
    });
  });
  // Without a job the sweeper finds it; the answer does not depend on the queue.
  await queue.add([[deliveryId]]).catch(() => undefined);
}
