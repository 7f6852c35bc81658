import { toInteger } from '../database/amount.js';

/** A delivery as people read it. */
export interface DeliveryView {
  readonly id: string;
  readonly resourceId: string | null;
  readonly app: string;
  readonly source: string;
  readonly receivedAt: string;
  readonly settledAt: string | null;
  /** `pending` until it is settled. */
  readonly verdict: string;
  readonly reasons: readonly string[];
  /** Whose share it is: the intent's user, otherwise the claimed one. */
  readonly userId: string | null;
  /** Whom the webhook named; a claim, since it came through a browser. */
  readonly claimedUserId: string | null;
  readonly intentId: string | null;
  readonly campaignId: string | null;
  /** The version of the campaign's rules that decided. */
  readonly campaignVersion: number | null;
  /** Whether an intent stood behind the share; null where no campaign was asked. */
  readonly verified: boolean | null;
  readonly amount: number | null;
  readonly unit: string | null;
  /** What became of a reward that was held; null for any other. */
  readonly hold: 'pending' | 'released' | 'voided' | null;
  /** How often settling it was begun; counts while it is pending. */
  readonly attempts: number | null;
  readonly lastError: string | null;
  readonly keyFingerprint: string;
  /** How often people said how it is to be read; app, resource id and claimed user are what the last one made of them. */
  readonly corrections: number;
}

/** A row of `SELECT_DELIVERY`. */
export interface DeliveryRow {
  id: string;
  resource_id: string | null;
  app: string;
  source: string;
  received_at: Date;
  key_fingerprint: string;
  verdict: string | null;
  reasons: string[] | null;
  decided_at: Date | null;
  user_id: string | null;
  claimed_user_id: string | null;
  intent_id: string | null;
  campaign_id: string | null;
  campaign_version: number | null;
  verified: boolean | null;
  hold: DeliveryView['hold'];
  amount: string | null;
  unit: string | null;
  attempts: number | null;
  last_error: string | null;
  corrections: number;
}

export const SELECT_DELIVERY = `
  SELECT d.id, coalesce(k.resource_id, d.resource_id) AS resource_id, coalesce(k.app, d.app) AS app, d.source, d.received_at,
         d.key_fingerprint, n.user_id AS claimed_user_id, coalesce(k.number, 0) AS corrections,
         CASE WHEN s.id IS NULL THEN n.user_id ELSE u.user_id END AS user_id, s.intent_id,
         c.verdict, c.reasons, c.decided_at, c.campaign_id, c.campaign_version, c.verified, c.amount, c.unit, h.state AS hold,
         o.attempts, o.last_error
  FROM kakao_share.deliveries d
  LEFT JOIN LATERAL (SELECT number, app, resource_id, user_id FROM kakao_share.delivery_corrections
                     WHERE delivery_id = d.id ORDER BY number DESC LIMIT 1) k ON true
  CROSS JOIN LATERAL (SELECT CASE WHEN k.number IS NULL THEN d.user_id ELSE k.user_id END AS user_id) n
  LEFT JOIN kakao_share.shares s ON s.id = d.id
  LEFT JOIN kakao_share.users u ON u.id = s.user_ref
  LEFT JOIN kakao_share.holds h ON h.delivery_id = d.id
  LEFT JOIN kakao_share.decisions c ON c.delivery_id = d.id AND c.superseded_at IS NULL
  LEFT JOIN kakao_share.open_deliveries o ON o.delivery_id = d.id`;

export function showDelivery(row: DeliveryRow): DeliveryView {
  return {
    id: row.id,
    resourceId: row.resource_id,
    app: row.app,
    source: row.source,
    receivedAt: row.received_at.toISOString(),
    settledAt: row.decided_at?.toISOString() ?? null,
    verdict: row.verdict ?? 'pending',
    reasons: row.reasons ?? [],
    userId: row.user_id,
    claimedUserId: row.claimed_user_id,
    intentId: row.intent_id,
    campaignId: row.campaign_id,
    campaignVersion: row.campaign_version,
    verified: row.verified,
    amount: row.amount === null ? null : toInteger(row.amount),
    unit: row.unit,
    hold: row.hold,
    attempts: row.attempts,
    lastError: row.last_error,
    keyFingerprint: row.key_fingerprint,
    corrections: row.corrections,
  };
}
