import type { Queryable } from '../database/database.js';

/** One rule of the books, and whether it holds. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Each statement lists offenders; each sees one snapshot, so settlement may go on meanwhile. */
const CHECKS: readonly { name: string; rule: string; offenders: string }[] = [
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
    name: 'lots-equal-balances',
    rule: 'what remains of the lots of every user account is its balance',
    offenders: `
      SELECT a.name AS offender FROM kakao_share.accounts a
      LEFT JOIN (SELECT account_id, sum(remaining) AS total FROM kakao_share.lots GROUP BY account_id) l ON l.account_id = a.id
      WHERE a.kind = 'user_available' AND a.balance <> coalesce(l.total, 0)`,
  },
  {
    name: 'transfers-match-their-entries',
    rule: 'every transfer has a key and entries that move its amount, and no entry is without its transfer',
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
      GROUP BY t.id HAVING count(k.key) <> 1`,
  },
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
      WHERE d.verdict = 'rewarded'
        AND ((d.amount, d.unit, d.app) IS DISTINCT FROM (t.amount, t.unit, t.app) OR s.id IS NULL)`,
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

const OFFENDERS_SHOWN = 5;

/** Verifies the books from scratch: reads everything, trusts no copied total. */
export async function verifyLedger(
  queryable: Queryable,
): Promise<{ ok: boolean; checks: Check[] }> {
  const checks: Check[] = [];
  for (const { name, rule, offenders } of CHECKS) {
    const rows = await queryable.query<{ offender: string }>(
      `${offenders} LIMIT ${OFFENDERS_SHOWN + 1}`,
    );
    const shown = rows.slice(0, OFFENDERS_SHOWN).map(({ offender }) => offender);
    const more = rows.length > OFFENDERS_SHOWN ? ' and more' : '';
    checks.push({
      name,
      ok: rows.length === 0,
      detail: rows.length === 0 ? rule : `not so: ${rule}; look at ${shown.join(', ')}${more}`,
    });
  }
  return { ok: checks.every(({ ok }) => ok), checks };
}
