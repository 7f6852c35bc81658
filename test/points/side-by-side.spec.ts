import { DataSource } from 'typeorm';
import { Database } from '../../src/database/database.js';
import { errorCodeOf, isLockTimeout } from '../../src/database/database-errors.js';
import { verifyLedger } from '../../src/ledger/verification.js';
import { clawbackReward } from '../../src/points/clawback-reward.js';
import type { Holder } from '../../src/points/holder.js';
import { redeemPoints } from '../../src/points/redeem-points.js';
import { reverseRedemption } from '../../src/points/reverse-redemption.js';
import { createTestDatabase, patientOptions, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import { givenReward, givenUser } from './given-reward.js';

const POOLS = 4;
const CONNECTIONS = 8;
const MAX_TRIES = 5;

let db: TestDatabase;
let campaignId: string;
let pools: DataSource[];

beforeAll(async () => {
  db = await createTestDatabase();
  campaignId = await givenCampaign(db);
  pools = await Promise.all(
    Array.from({ length: POOLS }, () =>
      new DataSource(patientOptions(db.url, CONNECTIONS, 'another process')).initialize(),
    ),
  );
});
afterAll(async () => {
  const { checks } = await verifyLedger(db.database);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  await Promise.all(pools.map((pool) => pool.destroy()));
  await db.drop();
});

function connection(index: number): Database {
  const pool = pools[index % POOLS];
  if (pool === undefined) throw new Error('There is no such pool.');
  return new Database(pool);
}

const available = (holder: Holder): Promise<number> =>
  db.number(
    `SELECT balance FROM kakao_share.accounts WHERE user_ref = $1 AND kind = 'user_available'`,
    [holder.userRef],
  );
/** As callers do who are told that somebody else was in the way for too long, on a machine that is busy: the same once more. */
async function insist<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (!isLockTimeout(error) || tries === MAX_TRIES) throw error;
    }
  }
}
const codeOf = (error: unknown): string => errorCodeOf(error) ?? String(error);

test('redemptions over many connections at once never overdraw: exactly what is there is spent', async () => {
  const holder = await givenUser(db, 'spender');
  for (let index = 0; index < 10; index++)
    await givenReward(db, holder, { campaignId, amount: 100, now: new Date() });
  const now = new Date();
  const outcomes = await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      insist(() =>
        redeemPoints(connection(index), {
          ...holder,
          amount: 70,
          key: `spend-${index}`,
          actor: 'test',
          now,
        }),
      ).then(() => 'spent', codeOf),
    ),
  );
  expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(14);
  expect(new Set(outcomes)).toEqual(new Set(['spent', 'KAKAO_SHARE_INSUFFICIENT_POINTS']));
  expect(await available(holder)).toBe(20);
});

test('one key for two users at the same moment moves the points of one, and is a conflict for the other', async () => {
  for (let round = 0; round < 10; round++) {
    const holders = [await givenUser(db, `left-${round}`), await givenUser(db, `right-${round}`)];
    for (const holder of holders)
      await givenReward(db, holder, { campaignId, amount: 100, now: new Date() });
    const now = new Date();
    const outcomes = await Promise.all(
      holders.map((holder, index) =>
        redeemPoints(connection(index), {
          ...holder,
          amount: 10,
          key: `both-${round}`,
          actor: 'test',
          now,
        }).then(() => 'spent', codeOf),
      ),
    );
    expect(outcomes.sort()).toEqual(['KAKAO_SHARE_IDEMPOTENCY_CONFLICT', 'spent']);
  }
});

test('redemptions, reversals and clawbacks of few users cross without a deadlock, and the books agree', async () => {
  const holders = await Promise.all([0, 1, 2].map((index) => givenUser(db, `crossed-${index}`)));
  const now = new Date();
  const deliveries: string[] = [];
  for (let index = 0; index < 30; index++) {
    const holder = holders[index % 3];
    if (holder === undefined) continue;
    deliveries.push((await givenReward(db, holder, { campaignId, amount: 50, now })).deliveryId);
  }
  const before = await db.number(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  );
  await Promise.all([
    ...deliveries.map((deliveryId, index) =>
      clawbackReward(connection(index), {
        ...{ deliveryId, apps: undefined, actor: 'test', reason: 'test', now },
        shortfall: (['refuse', 'negative', 'net-later'] as const)[index % 3] ?? 'refuse',
      }).catch(codeOf),
    ),
    ...holders.flatMap((holder, user) =>
      Array.from({ length: 10 }, async (_, index) => {
        const key = `crossed-${user}-${index}`;
        const spent = await redeemPoints(connection(index), {
          ...holder,
          amount: 45,
          key,
          actor: 'test',
          now,
        }).catch(codeOf);
        if (typeof spent === 'string') return;
        const reversal = {
          redemptionId: spent.transfer.id,
          apps: undefined,
          actor: 'test',
          reason: 'test',
          now,
        };
        await Promise.all([
          insist(() => reverseRedemption(connection(index + 1), reversal)),
          insist(() => reverseRedemption(connection(index + 2), reversal)),
        ]);
      }),
    ),
  ]);
  expect(
    await db.number('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'),
  ).toBe(before);
});
