import type { Queryable } from '../database/database.js';

/** A share and what became of it. */
export interface ShareView {
  readonly deliveryId: string;
  readonly chatType: string;
  readonly receivedAt: string;
  readonly verdict: string;
  readonly reasons: readonly string[];
  /** What became of a reward that was held; null for any other. */
  readonly hold: 'pending' | 'released' | 'voided' | null;
}

/** What fits a screen. */
const SHOWN = 50;

/** The newest first. */
export async function readShares(queryable: Queryable, userRef: string): Promise<ShareView[]> {
  const rows = await queryable.query<{
    id: string;
    chat_type: string;
    received_at: Date;
    verdict: string | null;
    reasons: string[] | null;
    hold: ShareView['hold'];
  }>(
    `SELECT s.id, s.chat_type, s.received_at, c.verdict, c.reasons, h.state AS hold
     FROM kakao_share.shares s
     LEFT JOIN kakao_share.decisions c ON c.delivery_id = s.id AND c.superseded_at IS NULL
     LEFT JOIN kakao_share.holds h ON h.delivery_id = s.id
     WHERE s.user_ref = $1 ORDER BY s.id DESC LIMIT ${SHOWN}`,
    [userRef],
  );
  return rows.map(({ id, chat_type, received_at, verdict, reasons, hold }) => ({
    deliveryId: id,
    chatType: chat_type,
    receivedAt: received_at.toISOString(),
    verdict: verdict ?? 'pending',
    reasons: reasons ?? [],
    hold,
  }));
}
