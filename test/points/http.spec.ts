import { newId } from '../../src/database/new-id.js';
import { verifyLedger } from '../../src/ledger/verification.js';
import { MAX_AMOUNT, MAX_USER_BALANCE } from '../../src/ledger/limits.js';
import { postTransfers } from '../../src/ledger/post-transfers.js';
import { availableTo, outside } from '../../src/points/holder.js';
import type { Holder } from '../../src/points/holder.js';
import {
  apiTokens,
  bearer,
  call,
  type ManagementAnswer,
  type Problem,
} from '../operations/management.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, startTestService, type TestService } from '../support/test-service.js';
import { givenReward, givenUser } from './given-reward.js';

interface Transfer {
  readonly id: string;
  readonly kind: string;
  readonly amount: number;
  readonly unit: string;
  readonly change: number | null;
  readonly balanceAfter: number | null;
  readonly originId: string | null;
  readonly actor: string;
  readonly reason: string | null;
}

interface Clawback {
  readonly amount: number;
  readonly taken: number;
  readonly outstanding: number;
  readonly transfer: Transfer | null;
}

let db: TestDatabase;
let service: TestService;
let campaignId: string;
let users = 0;

beforeAll(async () => {
  db = await createTestDatabase();
  campaignId = await givenCampaign(db);
  service = await startTestService(db, {
    environment: {
      // No worker: what falls due is left to the tests.
      ROLES: 'web',
      KAKAO_APPS: JSON.stringify({ default: ['k'.repeat(32)], game: ['g'.repeat(32)] }),
      KAKAO_ADMIN_KEYS: '',
      API_TOKENS: apiTokens({
        cashier: { scopes: ['money'] },
        reader: { scopes: ['read'] },
        operator: { scopes: ['operate'] },
        game: { scopes: ['money', 'read', 'operate'], apps: ['game'] },
      }),
    },
  });
});
afterAll(async () => {
  await service.stop();
  await db.drop();
});

async function someone(points = 0, app = 'default'): Promise<{ userId: string; holder: Holder }> {
  const userId = `user-${users++}`;
  const holder = await givenUser(db, userId, app);
  if (points > 0) await reward(holder, points);
  return { userId, holder };
}

async function reward(holder: Holder, amount: number, releaseAt?: Date): Promise<string> {
  const given = { campaignId, amount, now: new Date(), ...(releaseAt ? { releaseAt } : {}) };
  return (await givenReward(db, holder, given)).deliveryId;
}

function post<Body = Transfer>(
  path: string,
  body: unknown,
  { key, as = 'cashier' }: { key?: string; as?: string } = {},
): Promise<ManagementAnswer<Body>> {
  return call<Body>(service, path, bearer(as), {
    method: 'POST',
    body: JSON.stringify(body),
    headers: key === undefined ? {} : { 'Idempotency-Key': key },
  });
}

const tomorrow = (): Date => new Date(Date.now() + 86_400_000);
const available = (holder: Holder): Promise<number> =>
  db.number(
    `SELECT coalesce(sum(balance), 0) FROM kakao_share.accounts WHERE user_ref = $1 AND kind = 'user_available'`,
    [holder.userRef],
  );

describe('redemptions', () => {
  test('a redemption is 201 with its transfer, and 200 with the same when repeated', async () => {
    const { userId, holder } = await someone(500);
    const path = `/v1/users/${userId}/redemptions`;
    const first = await post(path, { amount: 300 }, { key: 'order-1' });
    expect(first).toMatchObject({
      status: 201,
      body: {
        kind: 'redemption',
        amount: 300,
        unit: 'point',
        change: -300,
        balanceAfter: 200,
        actor: 'cashier',
      },
    });
    const again = await post(path, { amount: 300 }, { key: 'order-1' });
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(await available(holder)).toBe(200);
  });

  test('the same key for another amount, user or operation is 409, and moves nothing', async () => {
    const { userId, holder } = await someone(500);
    const other = await someone(500);
    await post(`/v1/users/${userId}/redemptions`, { amount: 300 }, { key: 'order-2' });
    const key = { key: 'order-2' };
    const asked = [
      post<Problem>(`/v1/users/${userId}/redemptions`, { amount: 100 }, key),
      post<Problem>(`/v1/users/${other.userId}/redemptions`, { amount: 300 }, key),
      post<Problem>(
        `/v1/users/${userId}/adjustments`,
        { direction: 'debit', amount: 300, reason: 'x' },
        key,
      ),
    ];
    for (const answer of await Promise.all(asked)) {
      expect(answer.status).toBe(409);
      expect(answer.body.detail).toContain('idempotency key');
    }
    expect(await available(holder)).toBe(200);
    expect(await available(other.holder)).toBe(500);
  });

  test('more than there is: 409, telling what is available', async () => {
    const { userId } = await someone(50);
    const answer = await post<Problem>(
      `/v1/users/${userId}/redemptions`,
      { amount: 51 },
      { key: 'order-3' },
    );
    expect(answer.status).toBe(409);
    expect(answer.body.detail).toBe('The user has 50 available, 51 were asked for.');
  });

  test('a reversal gives all of it back, once, with reason and actor in the audit', async () => {
    const { userId, holder } = await someone(500);
    const { body: spent } = await post(
      `/v1/users/${userId}/redemptions`,
      { amount: 300 },
      { key: 'order-4' },
    );
    const path = `/v1/redemptions/${spent.id}/reversal`;
    const reversed = await post(path, { reason: 'out of stock' });
    expect(reversed).toMatchObject({
      status: 201,
      body: { kind: 'redemption-reversal', change: 300, balanceAfter: 500, originId: spent.id },
    });
    expect(await post(path, { reason: 'again' })).toMatchObject({
      status: 200,
      body: reversed.body,
    });
    expect(await available(holder)).toBe(500);
    expect(
      await db.rows('SELECT actor, action, reason FROM kakao_share.audit WHERE target = $1', [
        spent.id,
      ]),
    ).toEqual([{ actor: 'cashier', action: 'redemption.reverse', reason: 'out of stock' }]);
  });

  test('a key is optional where the target tells repetitions, and stands for one request all the same', async () => {
    const { userId, holder } = await someone(100);
    const { body: spent } = await post(
      `/v1/users/${userId}/redemptions`,
      { amount: 10 },
      { key: 'order-5' },
    );
    const [one, two, three] = [
      await reward(holder, 10, tomorrow()),
      await reward(holder, 10, tomorrow()),
      await reward(holder, 10, tomorrow()),
    ];
    const ways = [
      { path: `/v1/rewards/${one}/release`, key: 'released' },
      { path: `/v1/rewards/${two}/void`, key: 'voided' },
      { path: `/v1/redemptions/${spent.id}/reversal`, key: 'reversed' },
    ];
    const other = `/v1/rewards/${three}/release`;
    for (const { path, key } of ways) {
      const first = await post(path, { reason: 'checked' }, { key });
      expect(first.status).toBe(201);
      const again = [
        await post(path, { reason: 'checked' }, { key }),
        await post(path, { reason: 'in other words' }),
        await post(path, { reason: 'in other words' }, { key: `${key}-later` }),
      ];
      for (const answer of again) expect(answer).toMatchObject({ status: 200, body: first.body });
      expect((await post(path, { reason: 'in other words' }, { key })).status).toBe(409);
      for (const used of [key, `${key}-later`])
        expect((await post(other, { reason: 'checked' }, { key: used })).status).toBe(409);
      expect((await post(path, { reason: 'checked' }, { key: 'no key' })).status).toBe(400);
    }
    const path = `/v1/users/${userId}/redemptions`;
    expect((await post(path, { amount: 10 }, { key: 'reversed' })).status).toBe(409);
    expect(await available(holder)).toBe(110);
    expect((await verifyLedger(db.database)).ok).toBe(true);
  });

  test('what is no redemption cannot be reversed', async () => {
    expect((await post(`/v1/redemptions/${newId()}/reversal`, { reason: 'x' })).status).toBe(404);
    expect((await post('/v1/redemptions/none/reversal', { reason: 'x' })).status).toBe(400);
  });
});

describe('rewards', () => {
  test('a held reward is released by hand, once', async () => {
    const { holder } = await someone();
    const path = `/v1/rewards/${await reward(holder, 100, tomorrow())}/release`;
    const released = await post(path, { reason: 'checked' });
    expect(released).toMatchObject({ status: 201, body: { kind: 'release', change: 100 } });
    expect(await post(path, { reason: 'again' })).toMatchObject({
      status: 200,
      body: released.body,
    });
    expect(await available(holder)).toBe(100);
  });

  test('a held reward is voided, its points go back to the budget, and it is not released any more', async () => {
    const { holder } = await someone();
    const path = `/v1/rewards/${await reward(holder, 100, tomorrow())}`;
    const voided = await post(`${path}/void`, { reason: 'forged' });
    expect(voided).toMatchObject({ status: 201, body: { kind: 'void', change: null } });
    expect((await post(`${path}/void`, { reason: 'again' })).status).toBe(200);
    expect((await post(`${path}/release`, { reason: 'x' })).status).toBe(409);
    expect((await post(`${path}/clawback`, { reason: 'x' })).status).toBe(409);
    expect(await available(holder)).toBe(0);
  });

  test('a clawback of what is still held tells to void it; a void of what is available, to claw it back', async () => {
    const { holder } = await someone();
    const held = `/v1/rewards/${await reward(holder, 100, tomorrow())}`;
    const paid = `/v1/rewards/${await reward(holder, 100)}`;
    const clawback = await post<Problem>(`${held}/clawback`, { reason: 'x' });
    expect(clawback).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('void it') as string },
    });
    const voided = await post<Problem>(`${paid}/void`, { reason: 'x' });
    expect(voided).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('claw it back') as string },
    });
    expect((await post(`${paid}/release`, { reason: 'x' })).status).toBe(409);
  });

  test('a clawback takes all of a reward, once; another one of it is 409', async () => {
    const { holder } = await someone();
    const path = `/v1/rewards/${await reward(holder, 100)}/clawback`;
    const taken = await post<Clawback>(path, { reason: 'forged' });
    expect(taken).toMatchObject({
      status: 201,
      body: {
        amount: 100,
        taken: 100,
        outstanding: 0,
        transfer: { kind: 'clawback', balanceAfter: 0 },
      },
    });
    expect((await post(path, { reason: 'forged' })).status).toBe(200);
    expect((await post(path, { reason: 'forged', amount: 50 })).status).toBe(409);
    expect(await available(holder)).toBe(0);
  });

  test.each([
    ['refuse', 409, 30, undefined],
    ['negative', 201, -70, { taken: 100, outstanding: 0 }],
    ['net-later', 201, 0, { taken: 30, outstanding: 70 }],
  ])(
    'with too few points, shortfall "%s" answers %p and leaves %p',
    async (shortfall, status, left, body) => {
      const { userId, holder } = await someone();
      const deliveryId = await reward(holder, 100);
      await post(`/v1/users/${userId}/redemptions`, { amount: 70 }, { key: `spend-${shortfall}` });
      const answer = await post<Clawback>(`/v1/rewards/${deliveryId}/clawback`, {
        reason: 'forged',
        shortfall,
      });
      expect(answer.status).toBe(status);
      if (body !== undefined) expect(answer.body).toMatchObject(body);
      expect(await available(holder)).toBe(left);
    },
  );

  test('more than was paid cannot be taken back', async () => {
    const { holder } = await someone(900);
    const path = `/v1/rewards/${await reward(holder, 100)}/clawback`;
    expect((await post(path, { reason: 'x', amount: 101 })).status).toBe(409);
  });

  test('a delivery that paid nothing has no reward', async () => {
    for (const what of ['release', 'void', 'clawback'])
      expect((await post(`/v1/rewards/${newId()}/${what}`, { reason: 'x' })).status).toBe(404);
  });
});

describe('adjustments', () => {
  test('a credit and a debit by hand, each with reason and actor', async () => {
    const { userId, holder } = await someone();
    const path = `/v1/users/${userId}/adjustments`;
    const credit = {
      direction: 'credit',
      amount: 100,
      reason: 'sorry',
      expiresAt: tomorrow().toISOString(),
    };
    const given = await post(path, credit, { key: 'sorry-1' });
    expect(given).toMatchObject({
      status: 201,
      body: { kind: 'adjustment', change: 100, reason: 'sorry' },
    });
    expect((await post(path, credit, { key: 'sorry-1' })).status).toBe(200);
    expect((await post(path, { ...credit, reason: 'other' }, { key: 'sorry-1' })).status).toBe(409);
    const debit = { direction: 'debit', amount: 30, reason: 'too much' };
    expect((await post(path, debit, { key: 'sorry-2' })).body).toMatchObject({
      change: -30,
      balanceAfter: 70,
    });
    expect((await post(path, { ...debit, amount: 71 }, { key: 'sorry-3' })).status).toBe(409);
    expect(await available(holder)).toBe(70);
    expect(
      await db.rows(
        `SELECT actor, reason FROM kakao_share.audit WHERE action = 'points.adjust' AND target = $1 ORDER BY id`,
        [holder.userRef],
      ),
    ).toEqual([
      { actor: 'cashier', reason: 'sorry' },
      { actor: 'cashier', reason: 'too much' },
    ]);
  });
});

describe('what is wrong is refused with the field named, and moves nothing', () => {
  let userId: string;
  let before: number;

  beforeAll(async () => {
    ({ userId } = await someone(500));
    before = await db.number('SELECT count(*) FROM kakao_share.transfers');
  });
  afterAll(async () => {
    expect(await db.number('SELECT count(*) FROM kakao_share.transfers')).toBe(before);
  });

  test.each([
    [{ amount: 1.5 }, /amount/],
    [{ amount: -1 }, /amount/],
    [{ amount: 0 }, /amount/],
    [{ amount: '100' }, /amount/],
    [{ amount: true }, /amount/],
    [{ amount: [100] }, /amount/],
    [{ amount: null }, /amount/],
    [{ amount: 9_007_199_254_740_992 }, /amount/],
    [{ amount: MAX_AMOUNT + 1 }, /amount/],
    [{}, /amount/],
    [{ amount: 1, unit: 'Point' }, /unit/],
    [{ amount: 1, unit: 7 }, /unit/],
    [{ amount: 1, amuont: 1 }, /not known/],
  ])('a redemption of %j', async (body, named) => {
    const answer = await post<Problem>(`/v1/users/${userId}/redemptions`, body, { key: 'bad' });
    expect(answer.status).toBe(400);
    expect(answer.contentType).toBe('application/problem+json');
    expect(answer.body.errors?.join()).toMatch(named);
  });

  test.each([
    [{ direction: 'up', amount: 1, reason: 'x' }, /direction/],
    [{ direction: 'credit', amount: 1 }, /reason/],
    [{ direction: 'credit', amount: 1, reason: '' }, /reason/],
    [{ direction: 'credit', amount: 1, reason: 'x\0' }, /reason/],
    [
      { direction: 'credit', amount: 1, reason: 'x', expiresAt: '2026-02-30T00:00:00Z' },
      /expiresAt/,
    ],
    [{ direction: 'credit', amount: 1, reason: 'x', expiresAt: '2027-01-01' }, /expiresAt/],
    [
      { direction: 'credit', amount: 1, reason: 'x', expiresAt: '2020-01-01T00:00:00Z' },
      /expiresAt/,
    ],
    [
      { direction: 'debit', amount: 1, reason: 'x', expiresAt: '2099-01-01T00:00:00Z' },
      /expiresAt/,
    ],
  ])('an adjustment of %j', async (body, named) => {
    const answer = await post<Problem>(`/v1/users/${userId}/adjustments`, body, { key: 'bad' });
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(named);
  });

  test.each([
    [{}, /reason/],
    [{ reason: 'x', shortfall: 'later' }, /shortfall/],
    [{ reason: 'x', amount: 0.1 }, /amount/],
  ])('a clawback of %j', async (body, named) => {
    const answer = await post<Problem>(`/v1/rewards/${newId()}/clawback`, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.join()).toMatch(named);
  });

  test.each([undefined, '', 'with a space', 'ü', 'x'.repeat(201)])(
    'an idempotency key of %j',
    async (key) => {
      const path = `/v1/users/${userId}/redemptions`;
      const answer = await post<Problem>(path, { amount: 1 }, key === undefined ? {} : { key });
      expect(answer.status).toBe(400);
      expect(answer.body.errors?.join()).toMatch(/Idempotency-Key/);
    },
  );

  test('a user that nobody knows', async () => {
    expect((await post('/v1/users/nobody/redemptions', { amount: 1 }, { key: 'k' })).status).toBe(
      404,
    );
  });
});

describe('who may move points', () => {
  test('only callers with the scope "money"', async () => {
    const { userId, holder } = await someone(100);
    const deliveryId = await reward(holder, 100);
    for (const as of ['reader', 'operator']) {
      const answers = await Promise.all([
        post(`/v1/users/${userId}/redemptions`, { amount: 1 }, { key: 'k', as }),
        post(
          `/v1/users/${userId}/adjustments`,
          { direction: 'credit', amount: 1, reason: 'x' },
          { key: 'k', as },
        ),
        post(`/v1/redemptions/${newId()}/reversal`, { reason: 'x' }, { as }),
        ...['release', 'void', 'clawback'].map((what) =>
          post(`/v1/rewards/${deliveryId}/${what}`, { reason: 'x' }, { as }),
        ),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403, 403]);
    }
    const looked = await call(service, `/v1/users/${userId}/balances`, bearer('cashier'));
    expect(looked.status).toBe(403);
  });

  test("a caller of one app neither moves nor sees another app's points", async () => {
    const { userId, holder } = await someone(100);
    const deliveryId = await reward(holder, 100);
    const { body: spent } = await post(
      `/v1/users/${userId}/redemptions`,
      { amount: 1 },
      { key: 'theirs' },
    );
    const as = 'game';
    const answers = await Promise.all([
      post(`/v1/users/${userId}/redemptions`, { amount: 1 }, { key: 'k', as }),
      post(
        `/v1/users/${userId}/adjustments`,
        { direction: 'credit', amount: 1, reason: 'x' },
        { key: 'k', as },
      ),
      post(`/v1/redemptions/${spent.id}/reversal`, { reason: 'x' }, { as }),
      ...['release', 'void', 'clawback'].map((what) =>
        post(`/v1/rewards/${deliveryId}/${what}`, { reason: 'x' }, { as }),
      ),
      call(service, `/v1/users/${userId}`, bearer(as)),
      call(service, `/v1/users/${userId}/balances`, bearer(as)),
      call(service, `/v1/users/${userId}`, bearer(as), {
        method: 'DELETE',
        body: '{"reason":"x"}',
      }),
    ]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
    expect(await available(holder)).toBe(199);
  });

  test('the same id in several apps: the app must be named', async () => {
    const { userId, holder } = await someone(100);
    await givenUser(db, userId, 'game');
    const path = `/v1/users/${userId}/redemptions`;
    expect((await post(path, { amount: 1 }, { key: 'which' })).status).toBe(400);
    expect((await post(`${path}?app=default`, { amount: 1 }, { key: 'which' })).status).toBe(201);
    expect(await available(holder)).toBe(99);
  });
});

describe('looking at points', () => {
  test('a user shows what is held, and why points moved', async () => {
    const { userId, holder } = await someone(100);
    const releaseAt = tomorrow();
    const deliveryId = await reward(holder, 70, releaseAt);
    await post(`/v1/users/${userId}/redemptions`, { amount: 40 }, { key: 'look' });
    const { body } = await call<Record<string, unknown>>(
      service,
      `/v1/users/${userId}`,
      bearer('reader'),
    );
    expect(body).toMatchObject({
      userId,
      app: 'default',
      balances: { available: 60, pending: 70 },
      held: [
        { deliveryId, campaignId, amount: 70, unit: 'point', releaseAt: releaseAt.toISOString() },
      ],
      entries: [
        { kind: 'redemption', account: 'available', amount: -40, balanceAfter: 60 },
        { kind: 'reward', account: 'pending', amount: 70, balanceAfter: 70 },
        { kind: 'reward', account: 'available', amount: 100, balanceAfter: 100 },
      ],
    });
  });

  test('a user shows what there is of every unit', async () => {
    const { userId, holder } = await someone(100);
    await reward({ ...holder, unit: 'coin' }, 7);
    await reward({ ...holder, unit: 'coin' }, 5, tomorrow());
    const { body } = await call<Record<string, unknown>>(
      service,
      `/v1/users/${userId}`,
      bearer('reader'),
    );
    expect(body.balances).toEqual({ available: 100, pending: 0 });
    expect(body.balancesByUnit).toEqual({
      coin: { available: 7, pending: 5 },
      point: { available: 100, pending: 0 },
    });
  });

  test('balances at a time are the sum of what was recorded by then', async () => {
    const { userId } = await someone(100);
    const { body: spent } = await post<{ recordedAt: string }>(
      `/v1/users/${userId}/redemptions`,
      { amount: 40 },
      { key: 'at' },
    );
    const at = async (time: string): Promise<unknown> => {
      const path = `/v1/users/${userId}/balances?at=${encodeURIComponent(time)}`;
      return (await call<{ balances: unknown }>(service, path, bearer('reader'))).body.balances;
    };
    const justBefore = new Date(Date.parse(spent.recordedAt) - 1).toISOString();
    expect(await at('2020-01-01T00:00:00+09:00')).toEqual({ available: 0, pending: 0 });
    expect(await at(justBefore)).toEqual({ available: 100, pending: 0 });
    expect(await at(tomorrow().toISOString())).toEqual({ available: 60, pending: 0 });
    const now = await call<{ at: string; balances: unknown }>(
      service,
      `/v1/users/${userId}/balances`,
      bearer('reader'),
    );
    expect(now.body).toMatchObject({ unit: 'point', balances: { available: 60, pending: 0 } });
    const wrong = await call(
      service,
      `/v1/users/${userId}/balances?at=yesterday`,
      bearer('reader'),
    );
    expect(wrong).toMatchObject({
      status: 400,
      body: { errors: [expect.stringMatching(/^at: /)] },
    });
  });
});

test('more than a user can have is 409, and others get theirs', async () => {
  const [{ userId, holder }, other] = [await someone(), await someone()];
  await db.database.transaction({ statementTimeoutMs: 10_000 }, (tx) =>
    postTransfers(tx, [
      {
        ...{ id: newId(), key: 'riches', kind: 'adjustment', amount: MAX_USER_BALANCE },
        ...{ from: outside('adjustment', holder), to: availableTo(holder), actor: 'test' },
        ...{ occurredAt: new Date(), userRef: holder.userRef },
      },
    ]),
  );
  const credit = { direction: 'credit', amount: 1, reason: 'x' };
  const refused = await post<Problem>(`/v1/users/${userId}/adjustments`, credit, { key: 'more' });
  expect(refused.status).toBe(409);
  expect(refused.body.detail).toContain('at most');
  const given = await post(`/v1/users/${other.userId}/adjustments`, credit, { key: 'other' });
  expect(given.status).toBe(201);
});
