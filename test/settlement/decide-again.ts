import type { Delivery } from '../../src/deliveries/delivery.js';
import { verifyLedger } from '../../src/ledger/verification.js';
import { mendDelivery, type Mend } from '../../src/settlement/mend-delivery.js';
import { replayDelivery } from '../../src/settlement/replay-delivery.js';
import { settleBatch } from '../../src/settlement/settle-batch.js';
import type { TestDatabase } from '../support/test-database.js';
import { SIGNING_KEYS } from './given-intent.js';
import { givenStored } from './open-settlement.js';

const LIMITS = { statementTimeoutMs: 20_000 };
const BY = { actor: 'operator', reason: 'the test says so' };

/** Settles what is named, as a worker does. */
export async function settle(db: TestDatabase, ...ids: readonly string[]): Promise<void> {
  await db.database.transaction(LIMITS, (tx) => settleBatch(tx, ids, SIGNING_KEYS));
}

/** Stores one delivery and settles it. */
export async function givenDecided(db: TestDatabase, delivery: Delivery): Promise<string> {
  const [id = ''] = await givenStored(db, [delivery]);
  await settle(db, id);
  return id;
}

/** Decides a delivery once more. */
export async function decideAgain(db: TestDatabase, id: string): Promise<void> {
  await replayDelivery(db.database, undefined, { deliveryId: id, ...BY });
  await settle(db, id);
}

export function mend(
  db: TestDatabase,
  deliveryId: string,
  { app, resourceId, fields = {} }: Partial<Pick<Mend, 'app' | 'resourceId' | 'fields'>>,
): Promise<void> {
  return mendDelivery(db.database, {
    ...{ deliveryId, app, resourceId, fields },
    ...{ actor: 'operator', note: 'seen in the request' },
  });
}

/** Its verdicts in the order of its decisions; the last one is current. */
export async function verdictsEver(db: TestDatabase, id: string): Promise<string[]> {
  const rows = await db.rows<{ verdict: string; number: number; is_current: boolean }>(
    `SELECT verdict, number, superseded_at IS NULL AS is_current FROM kakao_share.decisions
     WHERE delivery_id = $1 ORDER BY number`,
    [id],
  );
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => index + 1));
  expect(rows.map(({ is_current }) => is_current)).toEqual(
    rows.map((_, index) => index === rows.length - 1),
  );
  return rows.map(({ verdict }) => verdict);
}

/** What others were told of a delivery, in order. */
export async function toldOf(db: TestDatabase, id: string): Promise<string[]> {
  const rows = await db.rows<{ type: string }>(
    `SELECT type FROM kakao_share.events WHERE data->>'deliveryId' = $1 ORDER BY id`,
    [id],
  );
  return rows.map(({ type }) => type);
}

/** What a user of an app has been paid and can spend. */
export function paidTo(db: TestDatabase, userId: string, app = 'default'): Promise<number> {
  return db.number(
    `SELECT coalesce(sum(a.balance), 0) FROM kakao_share.accounts a JOIN kakao_share.users u ON u.id = a.user_ref
     WHERE u.user_id = $1 AND u.app = $2 AND a.kind = 'user_available'`,
    [userId, app],
  );
}

export async function kill(db: TestDatabase, campaignId: string, on: boolean): Promise<void> {
  await db.rows(
    'UPDATE kakao_share.campaigns SET killed_at = CASE WHEN $2 THEN now() END WHERE id = $1',
    [campaignId, on],
  );
}

export async function proveBooks(db: TestDatabase): Promise<void> {
  const { checks } = await verifyLedger(db.database);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
}
