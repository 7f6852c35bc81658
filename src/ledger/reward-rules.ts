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
    rule: 'a decision that paid names its transfer and the amount of it, and its delivery is a share',
    offenders: `
      SELECT d.delivery_id::text AS offender FROM kakao_share.decisions d
      LEFT JOIN kakao_share.transfers t ON t.id = d.transfer_id
      LEFT JOIN kakao_share.shares s ON s.id = d.delivery_id
      WHERE d.verdict IN ('rewarded', 'held')
        AND ((d.amount, d.unit, d.app) IS DISTINCT FROM (t.amount, t.unit, t.app) OR s.id IS NULL)`,
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
