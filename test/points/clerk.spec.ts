import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Database } from '../../src/database/database.js';
import { turnKillSwitch } from '../../src/campaigns/kill-switch.js';
import { verifyLedger } from '../../src/ledger/verification.js';
import { adjustPoints } from '../../src/points/adjust-points.js';
import { clawbackReward } from '../../src/points/clawback-reward.js';
import type { Holder } from '../../src/points/holder.js';
import { MAX_MOVEMENTS } from '../../src/points/clerk-bounds.js';
import { PointsClerk } from '../../src/points/points-clerk.js';
import { InsufficientPointsError } from '../../src/points/points-errors.js';
import { redeemPoints } from '../../src/points/redeem-points.js';
import { SET_ASIDE_MS } from '../../src/points/set-aside.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, patientOptions, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, startTestService } from '../support/test-service.js';
import { givenReward, givenUser } from './given-reward.js';

const LIMITS = { statementTimeoutMs: 10_000 };
const DAY_MS = 86_400_000;
const START = new Date('2026-01-01T00:00:00Z');
const after = (days: number): Date => new Date(START.getTime() + days * DAY_MS);

let db: TestDatabase;
let campaignId: string;
let other: DataSource;
let clerks: PointsClerk[];
let users = 0;

beforeAll(async () => {
  db = await createTestDatabase();
  campaignId = await givenCampaign(db);
  other = await new DataSource(patientOptions(db.url, 10, 'another process')).initialize();
  clerks = [db.database, new Database(other)].map(
    (database) => new PointsClerk(database, new Logger('test')),
  );
  Logger.overrideLogger(false);
});
afterAll(async () => {
  const { checks } = await verifyLedger(db.database);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  await other.destroy();
  await db.drop();
});

const someone = (): Promise<Holder> => givenUser(db, `user-${users++}`);

/** Both processes at the same moment, until neither finds anything. */
async function clerksWork(now: Date): Promise<number> {
  let moved = 0;
  for (let round = -1; round !== 0; moved += round)
    round = (await Promise.all(clerks.map((clerk) => clerk.work(now)))).reduce((a, b) => a + b, 0);
  return moved;
}

const transfersOf = (holder: Holder, kind: string): Promise<number> =>
  db.number('SELECT count(*) FROM kakao_share.transfers WHERE user_ref = $1 AND kind = $2', [
    holder.userRef,
    kind,
  ]);
const available = (holder: Holder): Promise<number> =>
  db.number(
    `SELECT coalesce(sum(balance), 0) FROM kakao_share.accounts WHERE user_ref = $1 AND kind = 'user_available'`,
    [holder.userRef],
  );

test('two clerks at once release what is due once, and what is not due not at all', async () => {
  const holders = await Promise.all(Array.from({ length: 150 }, someone));
  for (const holder of holders) {
    await givenReward(db, holder, { campaignId, amount: 10, now: START, releaseAt: after(1) });
    await givenReward(db, holder, { campaignId, amount: 7, now: START, releaseAt: after(3) });
  }
  expect(await clerksWork(new Date(after(1).getTime() - 1))).toBe(0);
  expect(await clerksWork(after(1))).toBe(150);
  expect(await clerksWork(after(2))).toBe(0);
  for (const holder of holders.slice(0, 5)) {
    expect(await transfersOf(holder, 'release')).toBe(1);
    expect(await available(holder)).toBe(10);
  }
});

test('what a killed campaign holds is not released by schedule, until its kill switch is off', async () => {
  const holder = await someone();
  // Before anything that other tests hold falls due.
  const early = after(-9);
  const killed = await givenCampaign(db, {}, 'killed');
  const inApp = { ...(await givenUser(db, 'of-a-killed-campaign', 'killed')) };
  await givenReward(db, inApp, { campaignId: killed, amount: 10, now: START, releaseAt: early });
  await givenReward(db, holder, { campaignId, amount: 10, now: START, releaseAt: early });
  const turn = (on: boolean) =>
    db.database.transaction(LIMITS, (tx) =>
      turnKillSwitch(tx, { campaignId: killed, on, actor: 'test', reason: 'fraud' }),
    );
  await turn(true);
  expect(await clerksWork(early)).toBe(1);
  expect([await available(inApp), await available(holder)]).toEqual([0, 10]);
  await turn(false);
  expect(await clerksWork(early)).toBe(1);
  expect(await available(inApp)).toBe(10);
});

test('points expire once, by lot, counted from their release', async () => {
  const holder = await someone();
  await givenReward(db, holder, {
    campaignId,
    amount: 10,
    now: START,
    releaseAt: after(1),
    expiresAfterDays: 2,
  });
  await givenReward(db, holder, { campaignId, amount: 5, now: START, expiresAfterDays: 10 });
  await clerksWork(after(1));
  expect(await clerksWork(new Date(after(3).getTime() - 1))).toBe(0);
  expect(await available(holder)).toBe(15);
  await clerksWork(after(3));
  expect(await available(holder)).toBe(5);
  expect(await transfersOf(holder, 'expiry')).toBe(1);
});

test('what is claimed is taken from what comes in later, once, and before a redemption can spend it', async () => {
  const holder = await someone();
  const key = holder.userRef;
  const { deliveryId } = await givenReward(db, holder, { campaignId, amount: 100, now: START });
  const spend = (amount: number, name: string): Promise<unknown> =>
    redeemPoints(db.database, {
      ...holder,
      amount,
      key: `${key}/${name}`,
      actor: 'test',
      now: START,
    });
  const give = (amount: number, name: string): Promise<unknown> =>
    adjustPoints(db.database, {
      ...{ ...holder, amount, key: `${key}/${name}`, actor: 'test', reason: 'test', now: START },
      direction: 'credit',
    });
  await spend(80, 'before');
  const order = { deliveryId, apps: undefined, actor: 'test', reason: 'forged', now: START };
  const claimed = await clawbackReward(db.database, { ...order, shortfall: 'net-later' });
  expect(claimed).toMatchObject({ amount: 100, taken: 20 });
  await give(50, 'first');
  expect(await clerksWork(START)).toBe(1);
  expect(await available(holder)).toBe(0);
  await give(50, 'second');
  // The clerk has not come by: 30 of the 50 are claimed all the same.
  await expect(spend(21, 'too much')).rejects.toThrow(InsufficientPointsError);
  await spend(20, 'what is left');
  expect(await available(holder)).toBe(0);
  expect(await clerksWork(START)).toBe(0);
  expect(await transfersOf(holder, 'clawback')).toBe(3);
});

test('a user whose points cannot be moved keeps nobody else waiting, and is tried again some minutes later', async () => {
  const [stuck, free] = [await someone(), await someone()];
  for (const holder of [stuck, free])
    await givenReward(db, holder, { campaignId, amount: 10, now: START, releaseAt: after(1) });
  const breakPending = (by: number): Promise<unknown> =>
    db.rows(
      `UPDATE kakao_share.accounts SET balance = balance + $2 WHERE user_ref = $1 AND kind = 'user_pending'`,
      [stuck.userRef, by],
    );
  await breakPending(-5);
  await clerksWork(after(1));
  expect([await available(stuck), await available(free)]).toEqual([0, 10]);
  await breakPending(5);
  await clerksWork(after(1));
  expect(await available(stuck)).toBe(0);
  await clerksWork(new Date(after(1).getTime() + SET_ASIDE_MS));
  expect(await available(stuck)).toBe(10);
});

test('more that fails than the clerk looks at holds nobody up', async () => {
  const [stuck, free] = [await someone(), await someone()];
  await db.database.transaction({ statementTimeoutMs: 60_000 }, (tx) =>
    tx.query(
      `INSERT INTO kakao_share.holds (transfer_id, delivery_id, app, unit, user_ref, campaign_id, amount, release_at)
       SELECT gen_random_uuid(), gen_random_uuid(), 'default', 'point', $1, $2, 1, $3 FROM generate_series(1, $4)`,
      [stuck.userRef, campaignId, START, MAX_MOVEMENTS + 1],
    ),
  );
  await givenReward(db, free, { campaignId, amount: 10, now: START, releaseAt: after(1) });
  const [clerk] = clerks;
  expect(await clerk?.work(after(1))).toBe(0);
  expect(await clerk?.work(after(1))).toBe(1);
  expect(await available(free)).toBe(10);
  await db.rows('ALTER TABLE kakao_share.holds DISABLE TRIGGER USER');
  await db.rows('DELETE FROM kakao_share.holds WHERE user_ref = $1', [stuck.userRef]);
  await db.rows('ALTER TABLE kakao_share.holds ENABLE TRIGGER USER');
});

test('a worker does it by itself, by the clock of the database', async () => {
  const holder = await someone();
  const past = new Date(Date.now() - 1_000);
  await givenReward(db, holder, { campaignId, amount: 10, now: past, releaseAt: past });
  const service = await startTestService(db, { environment: { ROLES: 'worker' } });
  try {
    await eventually(async () => {
      expect(await available(holder)).toBe(10);
    });
  } finally {
    await service.stop();
  }
  expect(
    await db.rows('SELECT type, data FROM kakao_share.events WHERE user_ref = $1', [
      holder.userRef,
    ]),
  ).toEqual([
    {
      type: 'reward.released',
      data: expect.objectContaining({
        amount: 10,
        unit: 'point',
        balanceAfter: 10,
        campaignId,
      }) as unknown,
    },
  ]);
});
