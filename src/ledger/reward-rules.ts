import type { BookRule } from './book-rules.js';

/** What the books promise about rewards: paid once, as decided; held, taken back and counted as they are. */
export const REWARD_RULES: readonly BookRule[] = [
  {
    name: 'rewards-paid-once',
    rule: 'every reward has one key of its own, and every delivery is paid at most once',
    offenders: `
      SELECT t.id::text AS offender FROM kakao_share.transfers t
      LEFT JOIN kakao_share.reward_keys k ON k.transfer_id = t.id
      WHERE t.kind = 'reward' GROUP BY t.id HAVING count(k.key) <> 1
      UNION ALL
      SELECT delivery_id::text FROM kakao_share.reward_keys GROUP BY delivery_id HAVING count(*) > 1
      UNION ALL
      SELECT k.delivery_id::text FROM kakao_share.reward_keys k
      LEFT JOIN kakao_share.decisions d ON d.delivery_id = k.delivery_id AND d.superseded_at IS NULL
      WHERE d.transfer_id IS DISTINCT FROM k.transfer_id`,
  },
  {
    name: 'decisions-match-what-was-paid',
    rule: 'a decision that paid names its transfer, the amount of it and whose it is, and its delivery is a share of that user',
    offenders: `
      SELECT d.delivery_id::text AS offender FROM kakao_share.decisions d
      LEFT JOIN kakao_share.transfers t ON t.id = d.transfer_id
      LEFT JOIN kakao_share.shares s ON s.id = d.delivery_id
      WHERE d.verdict IN ('rewarded', 'held')
        AND (s.id IS NULL OR (d.amount, d.unit, d.app, d.user_ref, d.user_ref)
             IS DISTINCT FROM (t.amount, t.unit, t.app, coalesce(t.user_ref, d.user_ref), s.user_ref))`,
  },
  {
    name: 'reward-keys-match-what-was-paid',
    rule: 'the key of every reward says for which intent, or for whose share in which room on which day, it was paid',
    // Keys of before intents do not name the time zone of their day.
    offenders: `
      SELECT k.delivery_id::text AS offender FROM kakao_share.reward_keys k
      LEFT JOIN kakao_share.decisions d ON d.transfer_id = k.transfer_id
      LEFT JOIN kakao_share.campaign_versions v ON v.campaign_id = d.campaign_id AND v.version = d.campaign_version
      LEFT JOIN kakao_share.campaign_rewards c ON c.delivery_id = k.delivery_id
      LEFT JOIN LATERAL (
        SELECT 'campaign/' || c.campaign_id || '/user/' || c.user_ref || '/room/' || c.room || '/day/' AS head
      ) u ON c.intent_id IS NULL
      WHERE CASE
        WHEN c.intent_id IS NULL THEN left(k.key, length(u.head)) = u.head
          AND substr(k.key, length(u.head) + 1, 10) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
          AND substr(k.key, length(u.head) + 11) IN ('', '/' || (v.rules ->> 'timeZone'))
        ELSE k.key IN ('intent/' || c.intent_id, 'intent/' || c.intent_id || '/room/' || c.room)
          OR k.key ~ ('^intent/' || c.intent_id || '/[1-9][0-9]*$')
      END IS NOT TRUE`,
  },
  {
    name: 'campaign-rewards-match-what-was-paid',
    rule: 'what caps count as paid is what was paid, one to one',
    offenders: `
      SELECT coalesce(c.delivery_id, p.delivery_id)::text AS offender
      FROM (SELECT delivery_id, user_ref, amount FROM kakao_share.campaign_rewards WHERE paid) c
      FULL JOIN (
        SELECT k.delivery_id, t.user_ref, t.amount FROM kakao_share.reward_keys k
        LEFT JOIN kakao_share.transfers t ON t.id = k.transfer_id
      ) p ON p.delivery_id = c.delivery_id
      WHERE (c.amount, c.user_ref) IS DISTINCT FROM (p.amount, coalesce(p.user_ref, c.user_ref))`,
  },
  {
    name: 'campaign-rewards-match-their-shares',
    rule: 'what caps count was received when, where and from whom its share was, and decided by its campaign',
    // Of an erased share the room is not known any more.
    offenders: `
      SELECT c.delivery_id::text AS offender FROM kakao_share.campaign_rewards c
      LEFT JOIN kakao_share.decisions d ON d.delivery_id = c.delivery_id AND d.superseded_at IS NULL
      LEFT JOIN kakao_share.shares s ON s.id = c.delivery_id
      WHERE (c.campaign_id, c.user_ref, c.user_ref, c.intent_id, c.received_at, c.paid)
            IS DISTINCT FROM (d.campaign_id, d.user_ref, s.user_ref, s.intent_id, s.received_at, d.transfer_id IS NOT NULL)
         OR c.room <> left(translate(
              encode(sha256(convert_to(s.app || E'\\n' || s.room_hash, 'UTF8')), 'base64'), '+/', '-_'), 22)`,
  },
  {
    name: 'budgets-match-their-campaigns',
    rule: 'every campaign pays from its own budget, as far down as its newest rules allow, and gets back into it',
    offenders: `
      SELECT a.name AS offender FROM kakao_share.accounts a
      JOIN kakao_share.campaigns c ON c.id = a.campaign_id
      LEFT JOIN LATERAL (
        SELECT -(rules ->> 'budget')::bigint AS floor FROM kakao_share.campaign_versions
        WHERE campaign_id = c.id ORDER BY version DESC LIMIT 1
      ) v ON true
      WHERE a.kind = 'campaign_budget' AND (a.app, a.unit, a.floor) IS DISTINCT FROM (c.app, c.unit, v.floor)
      UNION ALL
      SELECT t.id::text FROM kakao_share.entries e
      JOIN kakao_share.accounts a ON a.id = e.account_id AND a.kind = 'campaign_budget'
      JOIN kakao_share.transfers t ON t.id = e.transfer_id
      LEFT JOIN kakao_share.decisions d ON d.transfer_id = coalesce(t.origin_id, t.id)
      WHERE d.campaign_id IS DISTINCT FROM a.campaign_id
      UNION ALL
      SELECT o.transfer_id::text FROM (
        SELECT transfer_id, delivery_id, user_ref, campaign_id FROM kakao_share.holds
        UNION ALL
        SELECT transfer_id, delivery_id, user_ref, campaign_id FROM kakao_share.clawback_claims
      ) o
      LEFT JOIN kakao_share.decisions d ON d.transfer_id = o.transfer_id
      WHERE (o.delivery_id, o.user_ref, o.campaign_id) IS DISTINCT FROM (d.delivery_id, d.user_ref, d.campaign_id)`,
  },
  {
    name: 'rewards-expire-as-promised',
    rule: 'the points of every reward can be spent for as long as the rules that decided it say, from when they became available',
    // The moment itself is not recorded: between receipt and record, give or take the clocks of two machines.
    offenders: `
      SELECT t.id::text AS offender FROM kakao_share.lots l
      JOIN kakao_share.transfers t ON t.id = l.transfer_id AND t.kind IN ('reward', 'release')
      LEFT JOIN kakao_share.decisions d ON d.transfer_id = coalesce(t.origin_id, t.id)
      LEFT JOIN kakao_share.campaign_versions v ON v.campaign_id = d.campaign_id AND v.version = d.campaign_version
      LEFT JOIN LATERAL (SELECT (v.rules ->> 'expiresAfterDays')::integer * interval '24 hours' AS time) s ON true
      WHERE (s.time IS NULL) <> (l.expires_at IS NULL)
         OR l.expires_at NOT BETWEEN least(t.occurred_at, t.recorded_at) + s.time - interval '1 minute'
                                 AND greatest(t.occurred_at, t.recorded_at) + s.time + interval '1 minute'
      UNION ALL
      SELECT h.transfer_id::text FROM kakao_share.holds h
      LEFT JOIN kakao_share.decisions d ON d.transfer_id = h.transfer_id
      LEFT JOIN kakao_share.campaign_versions v ON v.campaign_id = d.campaign_id AND v.version = d.campaign_version
      WHERE h.expires_after_days IS DISTINCT FROM (v.rules ->> 'expiresAfterDays')::integer`,
  },
  {
    name: 'holds-match-pending-points',
    rule: 'what is pending for every user is the sum of the rewards that are held, each decided so',
    offenders: `
      SELECT coalesce(a.name, h.user_ref::text) AS offender
      FROM (SELECT name, app, unit, user_ref, balance FROM kakao_share.accounts WHERE kind = 'user_pending') a
      FULL JOIN (
        SELECT app, unit, user_ref, sum(amount) AS total FROM kakao_share.holds WHERE state = 'pending'
        GROUP BY app, unit, user_ref
      ) h ON h.app = a.app AND h.unit = a.unit AND h.user_ref = a.user_ref
      WHERE coalesce(a.balance, 0) <> coalesce(h.total, 0)
      UNION ALL
      SELECT coalesce(d.delivery_id, h.delivery_id)::text
      FROM (SELECT * FROM kakao_share.decisions WHERE verdict = 'held' AND superseded_at IS NULL) d
      FULL JOIN kakao_share.holds h ON h.delivery_id = d.delivery_id
      WHERE (d.transfer_id, d.app, d.unit, d.user_ref, d.amount)
            IS DISTINCT FROM (h.transfer_id, h.app, h.unit, h.user_ref, h.amount)`,
  },
  {
    name: 'holds-resolved-once',
    rule: 'a hold that is over names the transfer that released or voided it, and no other transfer does that',
    offenders: `
      SELECT coalesce(h.transfer_id, t.id)::text AS offender
      FROM (SELECT * FROM kakao_share.holds WHERE state <> 'pending') h
      FULL JOIN (SELECT * FROM kakao_share.transfers WHERE kind IN ('release', 'void')) t ON t.id = h.resolved_by
      WHERE (t.kind, t.amount, t.origin_id, t.user_ref)
            IS DISTINCT FROM (CASE h.state WHEN 'released' THEN 'release' ELSE 'void' END, h.amount, h.transfer_id, h.user_ref)`,
  },
  {
    name: 'clawbacks-match-their-claims',
    rule: 'what was taken back of a reward is what its claim says, and at most the reward',
    offenders: `
      SELECT coalesce(c.transfer_id, t.origin_id)::text AS offender
      FROM kakao_share.clawback_claims c
      FULL JOIN (
        SELECT origin_id, sum(amount) AS total FROM kakao_share.transfers WHERE kind = 'clawback' GROUP BY origin_id
      ) t ON t.origin_id = c.transfer_id
      LEFT JOIN kakao_share.transfers r ON r.id = c.transfer_id AND r.kind = 'reward'
      WHERE c.taken IS DISTINCT FROM coalesce(t.total, 0) OR r.amount IS NULL OR c.amount > r.amount`,
  },
  {
    name: 'settled-deliveries-have-a-decision',
    rule: 'every delivery is open or has one current decision, and not both',
    offenders: `
      SELECT d.id::text AS offender FROM kakao_share.deliveries d
      LEFT JOIN kakao_share.open_deliveries o ON o.delivery_id = d.id
      LEFT JOIN kakao_share.decisions c ON c.delivery_id = d.id AND c.superseded_at IS NULL
      WHERE (o.delivery_id IS NULL) = (c.delivery_id IS NULL)`,
  },
];
