import { newId } from '../../src/database/new-id.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  shareBy,
  startTestService,
  untilSettled,
  untilNoneSpooled,
  type TestService,
} from '../support/test-service.js';
import { zoneAtNoon } from '../support/zone-at-noon.js';
import { post, read } from '../webhook/door.js';
import type { DeliveryBody, PageBody } from './management.js';

type Deliveries = PageBody<DeliveryBody>;

describe('lists come in pages', () => {
  let db: TestDatabase;
  let service: TestService;

  /** Delivers as many shares, to an app of the test's own. */
  async function deliver(app: string, count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let number = 1; number <= count; number++) {
      const body = `{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"room","user_id":"minji"}`;
      const headers = { Authorization: `KakaoAK admin-key-of-${app}` };
      const request = post(service, newId(), body, headers);
      ids.push(read(await service.send(request)).deliveryId);
    }
    await untilNoneSpooled(db);
    return ids;
  }
  const page = async (query: string): Promise<Deliveries> => {
    const answer = await service.api<Deliveries>(`/v1/deliveries?${query}`);
    expect(answer.status).toBe(200);
    return answer.body;
  };

  beforeAll(async () => {
    db = await createTestDatabase();
    const apps = ['paged', 'full', 'moving', 'many', 'waiting'];
    const keys = Object.fromEntries(apps.map((app) => [app, `admin-key-of-${app}`]));
    // No worker: every delivery stays pending.
    service = await startTestService(db, {
      environment: { ROLES: 'web', KAKAO_APPS: JSON.stringify(keys) },
    });
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  test('of bounded size, newest first, each item once, and the last says so', async () => {
    const sent = await deliver('paged', 25);
    const pages: Deliveries[] = [await page('app=paged&limit=10')];
    for (let cursor = pages[0]?.nextCursor; cursor; cursor = pages.at(-1)?.nextCursor) {
      pages.push(await page(`app=paged&limit=10&cursor=${cursor}`));
    }
    expect(pages.map(({ items }) => items.length)).toEqual([10, 10, 5]);
    expect(pages.flatMap(({ items }) => items.map(({ id }) => id))).toEqual(sent.reverse());
  });

  test('a page that is just full is the last one', async () => {
    const sent = await deliver('full', 5);
    expect((await page('app=full&limit=5')).nextCursor).toBeNull();
    expect((await page('app=full&limit=4')).nextCursor).toBe(sent[1]);
  });

  test('what arrives between two pages moves nothing', async () => {
    const sent = await deliver('moving', 10);
    const first = await page('app=moving&limit=6');
    const [newer] = await deliver('moving', 1);
    const rest = await page(`app=moving&limit=200&cursor=${first.nextCursor ?? ''}`);
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(sent.reverse());
    expect((await page('app=moving&limit=1')).items[0]?.id).toBe(newer);
  });

  test.each(['0', '201', '-1', '1.5', 'all', ''])('the limit may not be %j', async (limit) => {
    expect((await service.api(`/v1/deliveries?limit=${limit}`)).status).toBe(400);
    expect((await service.api(`/v1/events?limit=${limit}`)).status).toBe(400);
  });

  test('a page holds 50 items where no limit is given', async () => {
    await deliver('many', 51);
    expect((await page('app=many')).items).toHaveLength(50);
    expect((await page('app=many&limit=200')).items).toHaveLength(51);
  });

  test('what is not settled is pending', async () => {
    const [id] = await deliver('waiting', 1);
    const [item] = (await page('app=waiting&verdict=pending')).items;
    expect(item).toMatchObject({
      id,
      app: 'waiting',
      verdict: 'pending',
      settledAt: null,
      reasons: [],
      userId: 'minji',
      amount: null,
      attempts: 0,
    });
    expect((await page('app=waiting&verdict=rewarded')).items).toEqual([]);
    expect((await page('app=waiting&userId=minji')).items.map((found) => found.id)).toEqual([id]);
  });
});

describe('lists are filtered', () => {
  let db: TestDatabase;
  let service: TestService;

  const resourceIds = async (query: string): Promise<string[]> => {
    const { body } = await service.api<Deliveries>(`/v1/deliveries?${query}`);
    return body.items.map(({ resourceId }) => resourceId).sort();
  };
  interface Event {
    event: { type: string; data: { deliveryId: string } };
    waitingFor: string[];
  }
  const events = async (query: string): Promise<readonly Event[]> =>
    (await service.api<PageBody<Event>>(`/v1/events?${query}`)).body.items;

  beforeAll(async () => {
    db = await createTestDatabase();
    await givenCampaign(db, { timeZone: zoneAtNoon() });
    service = await startTestService(db);
    await service.share(shareBy('minji'), 'paid');
    await untilSettled(db);
    await service.share(shareBy('minji'), 'again');
    await service.share(shareBy('지수 +'), 'other');
    await service.share(shareBy('x', { customParameters: {} }), 'nobody');
    await service.send(post(service, 'broken', '{'));
    await untilSettled(db);
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  test.each([
    ['resourceId=paid', ['paid']],
    ['resourceId=PAID', []],
    ['userId=minji', ['again', 'paid']],
    [`userId=${encodeURIComponent('지수 +')}`, ['other']],
    ['userId=nobody-of-that-name', []],
    ['verdict=rewarded', ['other', 'paid']],
    ['verdict=room-used-today', ['again']],
    ['verdict=no-user', ['nobody']],
    ['verdict=quarantined', ['broken']],
    ['verdict=pending', []],
    ['userId=minji&verdict=rewarded', ['paid']],
    ['userId=minji&resourceId=other', []],
    ['app=default&verdict=no-user', ['nobody']],
    ['app=elsewhere', []],
  ])('deliveries by %s', async (query, expected) => {
    expect(await resourceIds(query)).toEqual(expected);
  });

  test('a delivery tells how it ended', async () => {
    const { body } = await service.api<Deliveries>('/v1/deliveries?resourceId=paid');
    expect(body.items[0]).toMatchObject({
      verdict: 'rewarded',
      reasons: [],
      userId: 'minji',
      amount: 100,
      unit: 'point',
      attempts: null,
      lastError: null,
    });
    const view = await service.api<DeliveryBody>(`/v1/deliveries/${body.items[0]?.id ?? ''}`);
    expect(view.body).toEqual(body.items[0]);
    const broken = await service.api<Deliveries>('/v1/deliveries?resourceId=broken');
    expect(broken.body.items[0]?.reasons).toEqual(['body must be a JSON object']);
  });

  test('events by user and by type', async () => {
    const types = (items: readonly Event[]): string[] => items.map(({ event }) => event.type);
    expect(types(await events('userId=minji'))).toEqual([
      'reward.withheld',
      'kakao.share.recorded',
      'reward.credited',
      'kakao.share.recorded',
    ]);
    expect(types(await events('type=kakao.share.quarantined'))).toEqual([
      'kakao.share.quarantined',
    ]);
    expect(await events('userId=minji&type=kakao.share.quarantined')).toEqual([]);
    expect(await events('app=elsewhere')).toEqual([]);
  });

  test.each(['/v1/deliveries?verdict=unheard-of', '/v1/events?type=unheard-of'])(
    'a filter that nothing can match is told: %s',
    async (path) => {
      expect((await service.api(path)).status).toBe(400);
    },
  );
});
