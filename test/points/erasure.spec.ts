import { verifyLedger } from '../../src/ledger/verification.js';
import { PointsClerk } from '../../src/points/points-clerk.js';
import { Logger } from '@nestjs/common';
import { apiTokens, bearer, call, type Problem } from '../operations/management.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  shareBy,
  startTestService,
  untilSettled,
  type TestService,
} from '../support/test-service.js';
import { claimedIntentId, INTENT_PARAMETER } from '../../src/intents/intent-token.js';
import { settleBatch } from '../../src/settlement/settle-batch.js';
import {
  deliveryWith,
  givenIntent,
  SIGNING_KEY,
  SIGNING_KEYS,
} from '../settlement/given-intent.js';
import { givenStored } from '../settlement/open-settlement.js';
import { givenReward } from './given-reward.js';

/** Stands in everything that was received of the user, so that it is found wherever it is left. */
const MARK = 'minji-who-asked-us';

let db: TestDatabase;
let service: TestService;
let campaignId: string;

beforeAll(async () => {
  db = await createTestDatabase();
  campaignId = await givenCampaign(db);
  service = await startTestService(db, {
    environment: {
      INTENT_SIGNING_KEYS: SIGNING_KEY,
      API_TOKENS: apiTokens({
        operator: { scopes: ['operate'] },
        backend: { scopes: ['intents'] },
        cashier: { scopes: ['money', 'read'] },
      }),
    },
  });
});
afterAll(async () => {
  await service.stop();
  await db.drop();
});

function erase(userId: string, as = 'operator', body = '{"reason":"asked for it"}') {
  return call<Problem & { erased: unknown }>(service, `/v1/users/${userId}`, bearer(as), {
    method: 'DELETE',
    body,
  });
}

/** Tables, and how many of their rows still tell the mark. */
async function whereMarked(mark = MARK): Promise<string[]> {
  const tables = await db.rows<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'kakao_share' AND table_type = 'BASE TABLE'`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    // Bytes are shown as hex, so both are looked for.
    const count = await db.number(
      `SELECT count(*) FROM kakao_share.${name} t WHERE t::text LIKE $1 OR t::text LIKE $2`,
      [`%${mark}%`, `%${Buffer.from(mark).toString('hex')}%`],
    );
    if (count > 0) found.push(name);
  }
  return found;
}

/** Callers like to put a user's id into a key. */
async function givenKeysWithTheMark(): Promise<void> {
  const key = `order-of-${MARK}`;
  const ask = (path: string, as: string, body: object): ReturnType<typeof call> =>
    call(service, path, bearer(as), {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'Idempotency-Key': key },
    });
  const issued = ask('/v1/share-intents', 'backend', { userId: MARK, campaignId });
  expect((await issued).status).toBe(201);
  const redeemed = ask(`/v1/users/${MARK}/redemptions`, 'cashier', { amount: 1 });
  expect((await redeemed).status).toBe(201);
}

test('erasing a user leaves the ledger verification ok', async () => {
  await service.share(shareBy(MARK), 'one');
  await service.share(shareBy(MARK, { hashChatId: `another room of ${MARK}` }), 'two');
  await service.share(shareBy(MARK, { chatType: 'MemoChat' }), 'two');
  await service.share(shareBy('jisoo'), 'three');
  await untilSettled(db);
  await givenKeysWithTheMark();
  const [user] = await db.rows<{ id: string }>(
    'SELECT id FROM kakao_share.users WHERE user_id = $1',
    [MARK],
  );
  const userRef = user?.id ?? '';
  const count = (): Promise<unknown[]> =>
    db.rows(
      `SELECT (SELECT count(*) FROM kakao_share.entries) AS entries, (SELECT count(*) FROM kakao_share.events) AS events,
              (SELECT count(*) FROM kakao_share.decisions WHERE user_ref = $1) AS decisions,
              (SELECT sum(balance) FROM kakao_share.accounts WHERE user_ref = $1) AS balance`,
      [userRef],
    );
  const before = await count();
  expect(before).toMatchObject([{ decisions: '2', balance: '199' }]);
  expect(await whereMarked()).toEqual(
    expect.arrayContaining(['users', 'deliveries', 'shares', 'differing_repeats']),
  );

  expect(await erase(MARK)).toMatchObject({
    status: 200,
    body: { erased: { deliveries: 2, shares: 2, intents: 1 } },
  });

  expect(await whereMarked()).toEqual([]);
  expect(await count()).toEqual(before);
  expect(
    await db.rows(
      `SELECT actor, target, reason FROM kakao_share.audit WHERE action = 'user.erase'`,
    ),
  ).toEqual([{ actor: 'operator', target: userRef, reason: 'asked for it' }]);
  const { checks } = await verifyLedger(db.database);
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  const gone = await call(service, `/v1/users/${MARK}`, bearer('cashier'));
  expect(gone.status).toBe(404);
  expect((await erase(MARK)).status).toBe(404);
});

test('what is held for somebody who was erased is still released, and the books stay right', async () => {
  const [one] = await db.rows<{ id: string; campaign_id: string }>(
    'SELECT u.id, c.id AS campaign_id FROM kakao_share.users u, kakao_share.campaigns c WHERE u.user_id IS NULL',
  );
  const now = new Date();
  await givenReward(
    db,
    { app: 'default', unit: 'point', userRef: one?.id ?? '' },
    { campaignId: one?.campaign_id ?? '', amount: 10, now, releaseAt: now },
  );
  await new PointsClerk(db.database, new Logger('test')).work(now);
  expect(await db.number(`SELECT count(*) FROM kakao_share.holds WHERE state = 'released'`)).toBe(
    1,
  );
  expect((await verifyLedger(db.database)).ok).toBe(true);
});

test('who comes back under the same id is somebody new, with nothing', async () => {
  await service.share(shareBy(MARK, { customParameters: { user_id: MARK } }), 'four');
  await untilSettled(db);
  const { body } = await call<{ shares: unknown[]; balances: unknown }>(
    service,
    `/v1/users/${MARK}`,
    bearer('cashier'),
  );
  expect(body.shares).toHaveLength(1);
  expect(body.balances).toEqual({ available: 100, pending: 0 });
});

test('nobody is erased while a delivery of theirs is unsettled, or without a reason, or by a caller who may not', async () => {
  expect((await erase('jisoo', 'cashier')).status).toBe(403);
  expect((await erase('jisoo', 'operator', '{}')).body.errors?.join()).toMatch(/reason/);
  const { deliveryId } = (
    await db.rows<{ deliveryId: string }>(
      `SELECT id AS "deliveryId" FROM kakao_share.deliveries WHERE user_id = 'jisoo'`,
    )
  )[0] ?? { deliveryId: '' };
  await db.rows(
    `INSERT INTO kakao_share.open_deliveries (delivery_id, dispatched_at, leased_until) VALUES ($1, now(), 'infinity')`,
    [deliveryId],
  );
  expect(await erase('jisoo')).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('not settled yet') as string },
  });
  await db.rows('DELETE FROM kakao_share.open_deliveries WHERE delivery_id = $1', [deliveryId]);
  expect((await erase('jisoo')).status).toBe(200);
});

test('a user whom a forger named in a share of the forger’s own is found there and erased there too', async () => {
  const victim = 'named-by-a-forger';
  await service.share(shareBy(victim), 'of the victim');
  const token = await givenIntent(db, { campaignId, userId: 'forger' });
  const forged = { [INTENT_PARAMETER]: token, user_id: victim };
  await service.share(shareBy('forger', { customParameters: forged }), 'of the forger');
  await untilSettled(db);
  const found = await service.api<{ items: { resourceId: string; userId: string }[] }>(
    `/v1/deliveries?userId=${victim}`,
  );
  expect(found.body.items.map(({ resourceId, userId }) => [resourceId, userId])).toEqual([
    ['of the forger', 'forger'],
    ['of the victim', victim],
  ]);
  expect((await erase(victim)).status).toBe(200);
  expect(await whereMarked(victim)).toEqual([]);
  expect((await verifyLedger(db.database)).ok).toBe(true);
});

test('a share that carries the intent of somebody who was erased leaves nothing of that person behind', async () => {
  const userId = 'erased-with-an-open-intent';
  const room = `room-of-${userId}`;
  const token = await givenIntent(db, { campaignId, userId });
  expect((await erase(userId)).status).toBe(200);
  const customParameters = { [INTENT_PARAMETER]: token, user_id: userId };
  await service.share(shareBy(userId, { hashChatId: room, customParameters }), 'after erasure');
  await untilSettled(db);
  expect(
    await db.rows(
      `SELECT c.verdict FROM kakao_share.decisions c JOIN kakao_share.deliveries d ON d.id = c.delivery_id
       WHERE d.resource_id = 'after erasure'`,
    ),
  ).toEqual([{ verdict: 'no-user' }]);
  expect(await whereMarked(room)).toEqual([]);
  expect(await whereMarked(userId)).toEqual([]);
});

test('nobody is erased while a share that carries their intent is unsettled', async () => {
  const userId = 'waiting-with-an-intent';
  const token = await givenIntent(db, { campaignId, userId });
  // Stored as the door stores it; no job is asked for, so that it waits.
  const delivery = { ...deliveryWith(token), intentId: claimedIntentId(token) };
  const ids = await givenStored(db, [delivery]);
  expect(await erase(userId)).toMatchObject({ status: 409 });
  await db.database.transaction({ statementTimeoutMs: 10_000 }, (tx) =>
    settleBatch(tx, ids, SIGNING_KEYS),
  );
  expect((await erase(userId)).status).toBe(200);
});
