import { verifyLedger } from '../../src/ledger/verification.js';
import { eventually } from '../support/eventually.js';
import type { TestDatabase } from '../support/test-database.js';

const MAX_SHOWN = 5;

/** What must be empty once everything is settled, each statement listing offenders. */
const RULES: Readonly<Record<string, string>> = {
  'acknowledged but not stored': `
    SELECT a.resource COLLATE "C" FROM unnest($1::text[]) AS a (resource)
    EXCEPT SELECT k.resource_id COLLATE "C" FROM kakao_share.delivery_keys k
    JOIN kakao_share.deliveries d ON d.id = k.delivery_id`,
  'stored but not settled once': `
    SELECT d.id::text FROM kakao_share.deliveries d
    LEFT JOIN kakao_share.decisions c ON c.delivery_id = d.id AND c.superseded_at IS NULL
    WHERE $1::text[] IS NOT NULL GROUP BY d.id HAVING count(c.number) <> 1`,
  'understood but without a share': `
    SELECT c.delivery_id::text FROM kakao_share.decisions c LEFT JOIN kakao_share.shares s ON s.id = c.delivery_id
    WHERE c.superseded_at IS NULL AND c.verdict NOT IN ('quarantined', 'failed') AND s.id IS NULL
      AND $1::text[] IS NOT NULL`,
  'events missing or told twice': `
    WITH told AS MATERIALIZED (
      SELECT e.data->>'deliveryId' AS delivery_id, array_agg(e.type ORDER BY e.type) AS types
      FROM kakao_share.events e GROUP BY 1)
    SELECT c.delivery_id::text FROM kakao_share.decisions c
    LEFT JOIN told t ON t.delivery_id = c.delivery_id::text
    LEFT JOIN kakao_share.holds h ON h.delivery_id = c.delivery_id
    WHERE c.superseded_at IS NULL AND $1::text[] IS NOT NULL AND t.types IS DISTINCT FROM CASE
      WHEN c.verdict = 'rewarded' THEN ARRAY['kakao.share.recorded', 'reward.credited']
      WHEN c.verdict = 'held' AND h.state = 'pending' THEN ARRAY['kakao.share.recorded', 'reward.held']
      WHEN c.verdict = 'held' THEN ARRAY['kakao.share.recorded', 'reward.held', 'reward.' || h.state]
      WHEN c.verdict = 'quarantined' THEN ARRAY['kakao.share.quarantined']
      WHEN c.user_ref IS NULL THEN ARRAY['kakao.share.recorded']
      ELSE ARRAY['kakao.share.recorded', 'reward.withheld'] END`,
  'sequences with gaps': `
    SELECT u.id::text FROM kakao_share.users u LEFT JOIN kakao_share.events e ON e.user_ref = u.id
    WHERE $1::text[] IS NOT NULL GROUP BY u.id
    HAVING count(e.id) <> u.next_sequence - 1 OR count(DISTINCT e.sequence) <> count(e.id)
        OR coalesce(min(e.sequence), 1) <> 1 OR coalesce(max(e.sequence), 0) <> count(e.id)`,
};

/** A rule that does not hold, and some of those for whom it does not. */
export interface BrokenRule {
  readonly rule: string;
  readonly offenders: readonly unknown[];
}

/** What is wrong although everything acknowledged should have ended with one verdict, and all events should be there. */
export async function findBrokenRules(
  db: TestDatabase,
  acknowledged: readonly string[],
): Promise<BrokenRule[]> {
  const looked: BrokenRule[] = [];
  // The planner would believe the tables to be as empty as they were, and compare each row with each.
  await db.rows('ANALYZE');
  for (const [rule, sql] of Object.entries(RULES)) {
    // Not with a LIMIT: the planner would expect to find some at once and compare each row with each, and normally there is none.
    const offenders = await db.rows(sql, [acknowledged]);
    looked.push({ rule, offenders: offenders.slice(0, MAX_SHOWN) });
  }
  return looked.filter(({ offenders }) => offenders.length > 0);
}

/** Proves that everything acknowledged ended with one verdict, that nothing was paid twice and that all events are there. */
export async function proveWhole(db: TestDatabase, acknowledged: readonly string[]): Promise<void> {
  expect(await findBrokenRules(db, acknowledged)).toEqual([]);
  const { checks } = await verifyLedger(db.database);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
}

/** What the user was paid. */
export function pointsOf(db: TestDatabase, userId: string): Promise<number> {
  return db.number(
    `SELECT coalesce(sum(a.balance), 0) FROM kakao_share.accounts a JOIN kakao_share.users u ON u.id = a.user_ref
     WHERE u.user_id = $1 AND a.kind = 'user_available'`,
    [userId],
  );
}

/** Makes every dispatch lease end: whatever job was asked for is given up. */
export const EXPIRE_DISPATCH_LEASES = `
  UPDATE kakao_share.open_deliveries
  SET leased_until = clock_timestamp() - interval '1 s', dispatched_at = clock_timestamp() - interval '1 hour'`;

/** Lets time pass for the dispatch leases; again where it and a worker's transaction have waited for each other. */
export async function expireDispatchLeases(db: TestDatabase): Promise<void> {
  await eventually(() => db.rows(EXPIRE_DISPATCH_LEASES));
}

/** Lets time pass for the leases of relays that died. */
export async function expireRelayLeases(db: TestDatabase): Promise<void> {
  await eventually(() =>
    db.rows(
      `UPDATE kakao_share.relay_leases SET leased_until = '-infinity', retry_at = '-infinity'`,
    ),
  );
}
