/** A rule of the books, and a statement that lists who breaks it. Each sees one snapshot, so settlement may go on meanwhile. */
export interface BookRule {
  readonly name: string;
  readonly rule: string;
  /** Gives rows of `offender`. */
  readonly offenders: string;
}

/** What double entry and lots promise. */
export const BOOK_RULES: readonly BookRule[] = [
  {
    name: 'entries-sum-to-zero',
    rule: 'the entries of every transfer, and of every unit, sum to zero',
    offenders: `
      SELECT transfer_id::text AS offender FROM kakao_share.entries GROUP BY transfer_id HAVING sum(amount) <> 0
      UNION ALL
      SELECT a.app || '/' || a.unit FROM kakao_share.entries e JOIN kakao_share.accounts a ON a.id = e.account_id
      GROUP BY a.app, a.unit HAVING sum(e.amount) <> 0`,
  },
  {
    name: 'balances-equal-entries',
    rule: 'the balance of every account is the sum of its entries',
    offenders: `
      SELECT a.name AS offender FROM kakao_share.accounts a
      LEFT JOIN (SELECT account_id, sum(amount) AS total FROM kakao_share.entries GROUP BY account_id) e ON e.account_id = a.id
      WHERE a.balance <> coalesce(e.total, 0)`,
  },
  {
    name: 'balances-follow-each-other',
    rule: 'every entry goes on from the balance that another left, from nothing to what the account has now',
    // Each balance is left as often as it is reached, in whatever order that was.
    offenders: `
      SELECT a.name AS offender FROM (
        SELECT account_id, balance_after AS level, 1 AS step FROM kakao_share.entries
        UNION ALL
        SELECT account_id, balance_after - amount, -1 FROM kakao_share.entries
        UNION ALL
        SELECT id, 0, 1 FROM kakao_share.accounts
        UNION ALL
        SELECT id, balance, -1 FROM kakao_share.accounts
      ) s JOIN kakao_share.accounts a ON a.id = s.account_id
      GROUP BY a.name, s.level HAVING sum(s.step) <> 0`,
  },
  {
    name: 'floors-hold',
    rule: 'no account is below its floor, and only a clawback took a user below zero',
    offenders: `
      SELECT name AS offender FROM kakao_share.accounts
      WHERE balance < floor OR (kind IN ('user_pending', 'redeemed', 'expired') AND floor IS DISTINCT FROM 0)
      UNION ALL
      SELECT a.name FROM kakao_share.entries e
      JOIN kakao_share.accounts a ON a.id = e.account_id AND a.kind = 'user_available'
      JOIN kakao_share.transfers t ON t.id = e.transfer_id AND t.kind <> 'clawback'
      WHERE e.amount < 0 AND e.balance_after < 0`,
  },
  {
    name: 'lots-equal-balances',
    rule: 'what remains of the lots of every user account is its balance, or nothing while that is below zero',
    offenders: `
      SELECT a.name AS offender FROM kakao_share.accounts a
      LEFT JOIN (SELECT account_id, sum(remaining) AS total FROM kakao_share.lots GROUP BY account_id) l ON l.account_id = a.id
      WHERE coalesce(l.total, 0) <> CASE a.kind WHEN 'user_available' THEN greatest(a.balance, 0) ELSE 0 END`,
  },
  {
    name: 'lots-match-their-uses',
    rule: 'what is gone of every lot is what was used of it, and what was redeemed or has expired was taken from lots',
    offenders: `
      SELECT coalesce(l.id, u.lot_id)::text AS offender FROM kakao_share.lots l
      FULL JOIN (SELECT lot_id, sum(amount) AS used FROM kakao_share.lot_uses GROUP BY lot_id) u ON u.lot_id = l.id
      WHERE l.amount - l.remaining IS DISTINCT FROM coalesce(u.used, 0)
      UNION ALL
      SELECT t.id::text FROM kakao_share.transfers t
      LEFT JOIN (SELECT transfer_id, sum(amount) AS used FROM kakao_share.lot_uses GROUP BY transfer_id) u ON u.transfer_id = t.id
      WHERE t.kind IN ('redemption', 'expiry') AND t.amount IS DISTINCT FROM u.used`,
  },
  {
    name: 'transfers-match-their-entries',
    rule: 'every transfer has one key, of ours or of the caller who spends or adjusts, and entries that move its amount, and no entry is without its transfer',
    // Beside our key, a caller's may stand for a transfer too.
    offenders: `
      SELECT coalesce(t.id, e.transfer_id)::text AS offender
      FROM kakao_share.transfers t
      FULL JOIN (
        SELECT transfer_id, sum(amount) FILTER (WHERE amount > 0) AS moved FROM kakao_share.entries GROUP BY transfer_id
      ) e ON e.transfer_id = t.id
      WHERE t.amount IS DISTINCT FROM e.moved
      UNION ALL
      SELECT t.id::text FROM kakao_share.transfers t
      LEFT JOIN kakao_share.transfer_keys k ON k.transfer_id = t.id
       AND (t.kind IN ('redemption', 'adjustment') OR k.key NOT LIKE 'request/%')
      GROUP BY t.id HAVING count(k.key) <> 1`,
  },
  {
    name: 'redemptions-reversed-once',
    rule: 'a reversal gives back one redemption, whole, to whom it was, and no redemption is reversed twice',
    offenders: `
      SELECT r.id::text AS offender FROM kakao_share.transfers r
      LEFT JOIN kakao_share.transfers o ON o.id = r.origin_id
      WHERE r.kind = 'redemption-reversal'
        AND (o.kind, o.app, o.unit, o.amount, o.user_ref) IS DISTINCT FROM ('redemption', r.app, r.unit, r.amount, r.user_ref)
      UNION ALL
      SELECT origin_id::text FROM kakao_share.transfers WHERE kind = 'redemption-reversal'
      GROUP BY origin_id HAVING count(*) > 1`,
  },
];
