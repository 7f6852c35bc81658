import { withHeader } from '../../src/simulator/share-request.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  startTestService,
  untilSettled,
  type TestService,
} from '../support/test-service.js';
import { post, read } from '../webhook/door.js';
import { apiTokens, bearer, call, type DeliveryBody, type PageBody } from './management.js';

const UNKNOWN_ID = '019a0000-0000-7000-8000-000000000000';
const READS = [
  '/v1/campaigns',
  `/v1/campaigns/${UNKNOWN_ID}`,
  '/v1/deliveries',
  `/v1/deliveries/${UNKNOWN_ID}`,
  '/v1/users/minji',
  '/v1/events',
  '/v1/destinations',
  '/v1/event-endpoints',
  `/v1/event-endpoints/${UNKNOWN_ID}`,
  `/v1/event-endpoints/${UNKNOWN_ID}/deliveries`,
  '/v1/ledger/verification',
  '/metrics',
];
const REPLAY = `/v1/deliveries/${UNKNOWN_ID}/replay`;
const BECAUSE = { method: 'POST', body: '{"reason":"test"}' };

describe('who may do what', () => {
  let db: TestDatabase;
  let service: TestService;
  const deliveries: Record<string, string> = {};

  beforeAll(async () => {
    db = await createTestDatabase();
    await givenCampaign(db, {}, 'shop');
    await givenCampaign(db, {}, 'game');
    service = await startTestService(db, {
      environment: {
        KAKAO_APPS: JSON.stringify({ shop: 'admin-key-of-shop', game: 'admin-key-of-game' }),
        API_TOKENS: apiTokens({
          reader: { scopes: ['read'] },
          operator: { scopes: ['operate'] },
          banker: { scopes: ['money'] },
          issuer: { scopes: ['intents'] },
          idle: { scopes: [] },
          shop: { scopes: ['read', 'operate'], apps: ['shop'] },
          nowhere: { scopes: ['read'], apps: [] },
        }),
      },
    });
    for (const [app, userId] of [
      ['shop', 'minji'],
      ['game', 'minji'],
      ['game', 'gamer'],
    ] as const) {
      const body = `{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"room","user_id":"${userId}"}`;
      const request = post(service, `of ${userId}`, body);
      const answer = await service.send(
        withHeader(request, 'Authorization', `KakaoAK admin-key-of-${app}`),
      );
      deliveries[`${app}/${userId}`] = read(answer).deliveryId;
    }
    await untilSettled(db);
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  const STRANGERS: readonly [string, (s: TestService) => string | undefined][] = [
    ['nobody', () => undefined],
    ['an unknown token', () => 'Bearer unknown'],
    ['a prefix of a token', () => bearer('reader').slice(0, -1)],
    ['a token and more', () => `${bearer('reader')}0`],
    ['a token under another scheme', () => 'Basic token-of-reader'],
    ['a token without a scheme', () => 'token-of-reader'],
    ['an empty token', () => 'Bearer '],
    ["Kakao's admin key", (s) => `Bearer ${s.adminKey}`],
    ["Kakao's admin key under Kakao's scheme", (s) => `KakaoAK ${s.adminKey}`],
    ['the digest instead of the token', () => `Bearer ${'0'.repeat(64)}`],
  ];

  test.each(STRANGERS)('%s is answered 401 everywhere', async (_, authorization) => {
    for (const path of READS) {
      const answer = await call(service, path, authorization(service));
      expect([path, answer.status, answer.contentType]).toEqual([
        path,
        401,
        'application/problem+json',
      ]);
    }
    expect((await call(service, REPLAY, authorization(service), BECAUSE)).status).toBe(401);
  });

  test('a token counts in the header only', async () => {
    const answer = await call(service, '/v1/deliveries?access_token=token-of-reader', undefined);
    expect(answer.status).toBe(401);
  });

  test.each(['operator', 'banker', 'issuer', 'idle'])('%s may not look: 403', async (name) => {
    for (const path of READS) {
      expect((await call(service, path, bearer(name))).status).toBe(403);
    }
  });

  test.each(['reader', 'banker', 'issuer', 'idle'])('%s may not replay: 403', async (name) => {
    expect((await call(service, REPLAY, bearer(name), BECAUSE)).status).toBe(403);
  });

  test('each scope opens what it is for, and ADMIN_TOKEN opens all', async () => {
    expect((await call(service, '/v1/deliveries', bearer('reader'))).status).toBe(200);
    expect((await call(service, '/v1/ledger/verification', bearer('reader'))).status).toBe(200);
    expect((await call(service, REPLAY, bearer('operator'), BECAUSE)).status).toBe(404);
    expect((await service.api('/v1/deliveries')).status).toBe(200);
    expect((await service.api(REPLAY, BECAUSE)).status).toBe(404);
  });

  test('health needs no token and tells no secret', async () => {
    const answers = [
      await call(service, '/health/live', undefined),
      await call(service, '/health/ready', undefined),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.map(({ text }) => text).join()).not.toMatch(/postgres(ql)?:|-key|token/);
  });

  test('a caller of one app sees the deliveries of that app alone', async () => {
    const page = await call<PageBody<DeliveryBody>>(service, '/v1/deliveries', bearer('shop'));
    expect(page.body.items.map(({ app }) => app)).toEqual(['shop']);
    const all = await call<PageBody<DeliveryBody>>(service, '/v1/deliveries', bearer('reader'));
    expect(all.body.items).toHaveLength(3);
    for (const filter of ['userId=gamer', 'resourceId=of%20gamer']) {
      const none = await call<PageBody<DeliveryBody>>(
        service,
        `/v1/deliveries?${filter}`,
        bearer('shop'),
      );
      expect(none.body.items).toEqual([]);
    }
    const asked = await call(service, '/v1/deliveries?app=game', bearer('shop'));
    expect(asked.status).toBe(400);
  });

  test("another app's delivery is not there, to look at and to replay", async () => {
    const theirs = `/v1/deliveries/${deliveries['game/gamer'] ?? ''}`;
    expect((await call(service, theirs, bearer('shop'))).status).toBe(404);
    expect((await call(service, `${theirs}/replay`, bearer('shop'), BECAUSE)).status).toBe(404);
    const own = `/v1/deliveries/${deliveries['shop/minji'] ?? ''}`;
    expect((await call(service, own, bearer('shop'))).status).toBe(200);
    expect((await call(service, `${own}/replay`, bearer('shop'), BECAUSE)).status).toBe(409);
  });

  test("another app's user is not there, and the same id in it does not get in the way", async () => {
    const user = await call<{ app: string }>(service, '/v1/users/minji', bearer('shop'));
    expect(user).toMatchObject({ status: 200, body: { app: 'shop' } });
    expect((await call(service, '/v1/users/gamer', bearer('shop'))).status).toBe(404);
    expect((await call(service, '/v1/users/minji?app=game', bearer('shop'))).status).toBe(400);
    expect((await call(service, '/v1/users/minji', bearer('reader'))).status).toBe(400);
    const named = await call<{ app: string }>(
      service,
      '/v1/users/minji?app=game',
      bearer('reader'),
    );
    expect(named.body.app).toBe('game');
  });

  test('a caller of one app sees the events of that app alone', async () => {
    const page = await call<PageBody<{ event: { data: { app: string } } }>>(
      service,
      '/v1/events',
      bearer('shop'),
    );
    expect(page.body.items.length).toBeGreaterThan(0);
    expect(new Set(page.body.items.map(({ event }) => event.data.app))).toEqual(new Set(['shop']));
    expect((await call(service, '/v1/events?app=game', bearer('shop'))).status).toBe(400);
  });

  test('the books of all apps are not for a caller of one', async () => {
    expect((await call(service, '/v1/ledger/verification', bearer('shop'))).status).toBe(403);
  });

  test('a caller of no app sees nothing', async () => {
    for (const path of ['/v1/deliveries', '/v1/events']) {
      const page = await call<PageBody<unknown>>(service, path, bearer('nowhere'));
      expect(page.body).toEqual({ items: [], nextCursor: null });
    }
    expect((await call(service, '/v1/users/minji', bearer('nowhere'))).status).toBe(404);
  });

  test('a worker alone has health and no management', async () => {
    const worker = await startTestService(db, { environment: { ROLES: 'worker' } });
    try {
      expect((await worker.api('/health/live')).status).toBe(200);
      expect((await worker.api('/v1/deliveries')).status).toBe(404);
    } finally {
      await worker.stop();
    }
  });
});
