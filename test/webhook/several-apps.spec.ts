import { withHeader } from '../../src/simulator/share-request.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  startTestService,
  untilSettled,
  untilNoneSpooled,
  type TestService,
} from '../support/test-service.js';
import { post, read, storedShare, verdictOf } from './door.js';

const SHOP_OLD = 'admin-key-of-shop-old';
const SHOP_NEW = 'admin-key-of-shop-new';
const GAME = 'admin-key-of-game';
const bodyOf = (userId: string): string =>
  `{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"room of ${userId}","user_id":"${userId}"}`;

describe('several Kakao apps at one door', () => {
  let db: TestDatabase;
  let service: TestService;

  beforeAll(async () => {
    db = await createTestDatabase();
    await givenCampaign(db, { amount: 100 }, 'shop');
    await givenCampaign(db, { amount: 7 }, 'game');
    service = await startTestService(db, {
      environment: {
        KAKAO_APPS: JSON.stringify({ shop: [SHOP_OLD, SHOP_NEW], game: [GAME] }),
      },
    });
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  async function deliver(
    key: string,
    resourceId: string,
    userId: string,
  ): Promise<ReturnType<typeof read>> {
    const request = post(service, resourceId, bodyOf(userId));
    return read(await service.send(withHeader(request, 'Authorization', `KakaoAK ${key}`)));
  }

  test('the key decides the app, and the same resource id in two apps is two deliveries', async () => {
    const shop = await deliver(SHOP_NEW, 'shared-id', 'minji');
    const game = await deliver(GAME, 'shared-id', 'minji');
    const own = await deliver(service.adminKey, 'shared-id', 'minji');
    expect([shop.status, game.status, own.status]).toEqual(['accepted', 'accepted', 'accepted']);
    await untilSettled(db);
    const apps = await Promise.all(
      [shop, game, own].map(async ({ deliveryId }) => (await storedShare(db, deliveryId))?.app),
    );
    expect(apps).toEqual(['shop', 'game', 'default']);
    expect(await verdictOf(db, own.deliveryId)).toBe('no-campaign');
    const paid = await service.api<{ balances: { available: number } }>('/v1/users/minji?app=game');
    expect(paid.body.balances.available).toBe(7);
  });

  test('keys of one app are one app, and each delivery says which of them was used', async () => {
    const first = await deliver(SHOP_OLD, 'rotated', 'jisoo');
    await untilNoneSpooled(db);
    expect(await deliver(SHOP_NEW, 'rotated', 'jisoo')).toEqual({
      status: 'duplicate',
      deliveryId: first.deliveryId,
    });
    const second = await deliver(SHOP_NEW, 'rotated-2', 'jisoo');
    await untilNoneSpooled(db);
    const prints = await db.rows<{ key_fingerprint: string }>(
      'SELECT key_fingerprint FROM kakao_share.deliveries WHERE id = ANY($1)',
      [[first.deliveryId, second.deliveryId]],
    );
    expect(new Set(prints.map((row) => row.key_fingerprint)).size).toBe(2);
    const views = JSON.stringify((await service.api('/v1/deliveries')).body);
    for (const key of [SHOP_OLD, SHOP_NEW, GAME]) expect(views).not.toContain(key);
  });
});
