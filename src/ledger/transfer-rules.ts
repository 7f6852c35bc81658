import type { BookRule } from './book-rules.js';

/** What the books promise about every transfer: where it goes, whose it is, under which key, and who answers for it. */
export const TRANSFER_RULES: readonly BookRule[] = [
  {
    name: 'transfers-move-as-their-kind-says',
    rule: 'every transfer has two entries, between the accounts that its kind moves points between',
    offenders: `
      SELECT t.id::text AS offender FROM kakao_share.transfers t
      LEFT JOIN (
        SELECT e.transfer_id, string_agg(a.kind, ' > ' ORDER BY e.amount) AS way
        FROM kakao_share.entries e JOIN kakao_share.accounts a ON a.id = e.account_id GROUP BY e.transfer_id
      ) w ON w.transfer_id = t.id
      WHERE (t.kind, coalesce(w.way, '')) NOT IN (VALUES
        ('reward', 'campaign_budget > user_available'),
        ('reward', 'campaign_budget > user_pending'),
        ('release', 'user_pending > user_available'),
        ('void', 'user_pending > campaign_budget'),
        ('redemption', 'user_available > redeemed'),
        ('redemption-reversal', 'redeemed > user_available'),
        ('clawback', 'user_available > campaign_budget'),
        ('expiry', 'user_available > expired'),
        ('adjustment', 'adjustment > user_available'),
        ('adjustment', 'user_available > adjustment'))`,
  },
  {
    name: 'transfers-stay-with-their-user',
    // A reward of before transfers named users is its decision's.
    rule: 'every transfer moves the points of the user that it names, within its app and unit',
    offenders: `
      SELECT t.id::text AS offender FROM kakao_share.transfers t
      JOIN kakao_share.entries e ON e.transfer_id = t.id
      JOIN kakao_share.accounts a ON a.id = e.account_id
      LEFT JOIN kakao_share.decisions d ON d.transfer_id = t.id
      WHERE (a.app, a.unit) IS DISTINCT FROM (t.app, t.unit)
         OR (a.user_ref IS NOT NULL AND a.user_ref IS DISTINCT FROM coalesce(t.user_ref, d.user_ref))`,
  },
  {
    name: 'transfers-keep-their-keys',
    // Callers' keys are kept as digests, and taken for what they asked for.
    rule: 'the key of every transfer says what it answers, so that nothing happens twice under another key',
    offenders: `
      SELECT k.transfer_id::text AS offender FROM kakao_share.transfer_keys k
      JOIN kakao_share.transfers t ON t.id = k.transfer_id
      LEFT JOIN kakao_share.reward_keys r ON r.transfer_id = t.id
      LEFT JOIN kakao_share.lots l ON l.transfer_id = t.origin_id AND t.kind = 'expiry'
      WHERE k.app <> t.app OR CASE
        WHEN k.key LIKE 'request/%' OR t.kind IN ('redemption', 'adjustment') THEN
          k.key ~ '^request/[A-Za-z0-9_-]{43}$' AND k.digest IS NOT NULL AND t.kind NOT IN ('reward', 'clawback', 'expiry')
        WHEN t.kind = 'reward' THEN k.key = 'reward/' || r.key
        WHEN t.kind = 'clawback' THEN k.key ~ ('^clawback/' || t.origin_id || '/[0-9]+$')
        WHEN t.kind = 'expiry' THEN k.key ~ ('^expiry/' || l.id || '/[0-9]+$')
        WHEN t.kind = 'redemption-reversal' THEN k.key = 'reversal/' || t.origin_id
        ELSE k.key = t.kind || '/' || t.origin_id
      END IS NOT TRUE`,
  },
  {
    name: 'adjustments-are-audited',
    rule: 'every adjustment is what the audit says that somebody did, and why',
    offenders: `
      SELECT t.id::text AS offender FROM kakao_share.transfers t
      LEFT JOIN kakao_share.lots l ON l.transfer_id = t.id
      LEFT JOIN kakao_share.audit a ON a.action = 'points.adjust' AND a.after ->> 'transferId' = t.id::text
      WHERE t.kind = 'adjustment'
        AND (a.app, a.target, a.actor, a.reason, a.after ->> 'direction', a.after ->> 'amount', a.after ->> 'unit',
             (a.after ->> 'expiresAt')::timestamptz)
            IS DISTINCT FROM (t.app, t.user_ref::text, t.actor, t.reason,
              CASE WHEN l.id IS NULL THEN 'debit' ELSE 'credit' END, t.amount::text, t.unit, l.expires_at)`,
  },
  {
    name: 'lots-match-their-credits',
    rule: 'every credit of a user is one lot, of its account and amount, and no lot is without its credit',
    offenders: `
      SELECT transfer_id::text AS offender FROM (
        SELECT e.transfer_id, e.account_id, e.amount FROM kakao_share.transfers t
        JOIN kakao_share.entries e ON e.transfer_id = t.id AND e.amount > 0
        JOIN kakao_share.accounts a ON a.id = e.account_id AND a.kind = 'user_available'
        WHERE t.kind <> 'redemption-reversal'
        UNION ALL
        SELECT transfer_id, account_id, -amount FROM kakao_share.lots
      ) s GROUP BY transfer_id, account_id HAVING count(*) <> 2 OR sum(amount) <> 0`,
  },
];
