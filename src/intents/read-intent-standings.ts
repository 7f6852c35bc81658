import { toInteger } from '../database/amount.js';
import type { Queryable } from '../database/database.js';
import type { IntentStanding } from './intent-status.js';

/** A forged crowd of shares can carry one token: only the newest can still wait for a verdict. */
const NEWEST_SHARES = 20;

interface StandingRow {
  id: string;
  expires_at: Date;
  is_expired: boolean;
  unit: string;
  paid: string;
  held: string;
  rewards: string;
  arrived: boolean;
  undecided: boolean;
  rule: IntentStanding['rule'];
}

/** Reads how intents stand, by id; those that do not exist are left out. A reward that was voided is none. */
export async function readIntentStandings(
  queryable: Queryable,
  ids: readonly string[],
): Promise<Map<string, IntentStanding>> {
  const rows = await queryable.query<StandingRow>(
    `SELECT i.id, i.expires_at, i.expires_at <= clock_timestamp() AS is_expired, c.unit,
            e.paid, e.held, e.rewards, s.arrived OR w.waits AS arrived, s.undecided OR w.waits AS undecided, c.rules -> 'intent' AS rule
     FROM kakao_share.share_intents i
     JOIN kakao_share.current_campaigns c ON c.id = i.campaign_id
     JOIN LATERAL (
       SELECT coalesce(sum(r.amount) FILTER (WHERE h.state IS NULL OR h.state = 'released'), 0) AS paid,
              coalesce(sum(r.amount) FILTER (WHERE h.state = 'pending'), 0) AS held,
              count(*) AS rewards
       FROM kakao_share.campaign_rewards r
       LEFT JOIN kakao_share.decisions d ON d.delivery_id = r.delivery_id AND d.superseded_at IS NULL
       LEFT JOIN kakao_share.holds h ON h.transfer_id = d.transfer_id
       WHERE r.intent_id = i.id AND r.paid) e ON true
     JOIN LATERAL (
       SELECT count(*) > 0 AS arrived, coalesce(bool_or(d.delivery_id IS NULL), false) AS undecided
       FROM (SELECT id FROM kakao_share.shares WHERE intent_id = i.id ORDER BY id DESC LIMIT ${NEWEST_SHARES}) n
       LEFT JOIN kakao_share.decisions d ON d.delivery_id = n.id AND d.superseded_at IS NULL) s ON true
     JOIN LATERAL (
       SELECT EXISTS (SELECT FROM kakao_share.open_deliveries o JOIN kakao_share.deliveries d ON d.id = o.delivery_id
                      WHERE o.intent_id = i.id AND d.app = i.app) AS waits) w ON true
     WHERE i.id = ANY($1)`,
    [ids],
  );
  return new Map(
    rows.map((row) => [
      row.id,
      {
        expiresAt: row.expires_at,
        isExpired: row.is_expired,
        unit: row.unit,
        paid: toInteger(row.paid),
        held: toInteger(row.held),
        rewards: toInteger(row.rewards),
        arrived: row.arrived,
        undecided: row.undecided,
        rule: row.rule,
      },
    ]),
  );
}
