import { newId } from '../../src/database/new-id.js';
import type { TestDatabase } from '../support/test-database.js';

/** How a share ended; without a verdict it waits for one. */
export interface GivenOutcome {
  readonly verdict?: string;
  /** Earned, with the verdicts `rewarded` and `held`. */
  readonly amount?: number;
  readonly hold?: 'pending' | 'released' | 'voided';
}

/** Writes a share under an intent as settlement does, and gives its delivery's id. */
export async function givenShare(
  db: TestDatabase,
  intentId: string,
  { verdict, amount, hold }: GivenOutcome,
): Promise<string> {
  const [id, transferId] = [newId(), amount === undefined ? null : newId()];
  await db.database.transaction({ statementTimeoutMs: 5_000 }, async (tx) => {
    await tx.query(
      `INSERT INTO kakao_share.shares (id, app, user_ref, chat_type, room_hash, custom, unknown_values, received_at, intent_status, intent_id)
       SELECT $1, app, user_ref, 'DirectChat', 'room', '{}', '{}', clock_timestamp(), 'valid', id
       FROM kakao_share.share_intents WHERE id = $2`,
      [id, intentId],
    );
    if (verdict === undefined) return;
    await tx.query(
      `INSERT INTO kakao_share.decisions (delivery_id, number, app, verdict, reasons, user_ref, campaign_id, campaign_version,
                                          transfer_id, amount, unit, actor, verified)
       SELECT $1, 1, app, $3, '["because"]', user_ref, campaign_id, 1, $4::uuid, $5::bigint,
              CASE WHEN $5::bigint IS NOT NULL THEN 'point' END, 'test', true
       FROM kakao_share.share_intents WHERE id = $2`,
      [id, intentId, verdict, transferId, amount],
    );
    if (amount === undefined) return;
    await tx.query(
      `INSERT INTO kakao_share.campaign_rewards (delivery_id, campaign_id, user_ref, intent_id, room, received_at, amount, paid)
       SELECT $1, campaign_id, user_ref, id, 'room', clock_timestamp(), $3, true
       FROM kakao_share.share_intents WHERE id = $2`,
      [id, intentId, amount],
    );
    if (hold === undefined) return;
    await tx.query(
      `INSERT INTO kakao_share.holds (transfer_id, delivery_id, app, unit, user_ref, campaign_id, amount, release_at, state, resolved_by)
       SELECT $1, $2, app, 'point', user_ref, campaign_id, $4, clock_timestamp(), $5, $6
       FROM kakao_share.share_intents WHERE id = $3`,
      [transferId, id, intentId, amount, hold, hold === 'pending' ? null : newId()],
    );
  });
  return id;
}
