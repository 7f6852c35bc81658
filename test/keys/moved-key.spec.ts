import { randomBytes } from 'node:crypto';
import { newId } from '../../src/database/new-id.js';
import { storeDeliveries } from '../../src/deliveries/store-deliveries.js';
import { TakenInElsewhereError } from '../../src/deliveries/taken-in-elsewhere.js';
import { KakaoKeyRing, presentedKey } from '../../src/kakao/key-ring.js';
import type { UnknownKeyRequest } from '../../src/keys/unknown-key.js';
import { writeUnknownKeys } from '../../src/keys/write-unknown-keys.js';
import { replayUnknownKey, type ReplayCounts } from '../../src/webhook/replay-unknown-key.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { paidTo, proveBooks, settle } from '../settlement/decide-again.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import { givenRequest } from './given-unknown.js';

const LIMITS = { statementTimeoutMs: 20_000 };

let db: TestDatabase;
let key: string;
let settled: string[];

beforeAll(async () => {
  db = await createTestDatabase();
  for (const app of ['shop', 'game']) await givenCampaign(db, {}, app);
});
beforeEach(() => {
  key = randomBytes(16).toString('hex');
  settled = [];
});
afterEach(() => proveBooks(db));
afterAll(() => db.drop());

/** A share of a user as it came with the key before any app had it. */
function givenShare(userId: string, overrides: Partial<UnknownKeyRequest> = {}): UnknownKeyRequest {
  const body = `{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"r","user_id":"${userId}"}`;
  return { ...givenRequest(new Date()), body: Buffer.from(body), ...overrides };
}

async function givenKept(...requests: readonly UnknownKeyRequest[]): Promise<void> {
  const { fingerprint = '', proof = Buffer.alloc(16) } = presentedKey(`KakaoAK ${key}`) ?? {};
  const now = new Date();
  const known = { fingerprint, proof, network: 'kakao', weight: 1, hits: 1 };
  const found = { ...known, firstSeenAt: now, lastSeenAt: now, requests };
  await writeUnknownKeys(db.database, [found], now);
}

/** Takes in what was kept while this app has the key, and settles it. */
async function replayFor(app: string): Promise<ReplayCounts> {
  const fresh: string[] = [];
  const counts = await replayUnknownKey(
    db.database,
    {
      ...{ ring: new KakaoKeyRing({ [app]: [key] }), userParameter: 'user_id' },
      dispatch: (ids) => fresh.push(...ids),
    },
    {
      ...{ actor: 'test', reason: 'rotated' },
      fingerprint: presentedKey(`KakaoAK ${key}`)?.fingerprint ?? '',
    },
  );
  await settle(db, ...fresh);
  settled.push(...fresh);
  return counts;
}

const keysOf = (resourceId: string): Promise<unknown[]> =>
  db.rows('SELECT app, delivery_id FROM kakao_share.delivery_keys WHERE resource_id = $1', [
    resourceId,
  ]);

test('a key that goes to another app after its replay: what it brought is known, paid once, and keeps no share of the other app out', async () => {
  const userId = newId();
  const request = givenShare(userId);
  await givenKept(request);
  expect(await replayFor('shop')).toEqual({ accepted: 1, duplicate: 0, quarantined: 0 });
  expect(await replayFor('game')).toEqual({ accepted: 0, duplicate: 1, quarantined: 0 });
  expect(await replayFor('shop')).toEqual({ accepted: 0, duplicate: 1, quarantined: 0 });
  expect(settled).toEqual([request.id]);
  expect(await keysOf(request.resourceId)).toEqual([{ app: 'shop', delivery_id: request.id }]);
  expect((await paidTo(db, userId, 'shop')) + (await paidTo(db, userId, 'game'))).toBe(100);
  const own = givenDelivery(request.resourceId, { app: 'game' });
  const [answer] = await db.database.transaction(LIMITS, (tx) => storeDeliveries(tx, [own]));
  expect(answer).toMatchObject({ status: 'accepted', deliveryId: own.id });
});

test('of two requests of one share the second one, too, is known when another app has the key', async () => {
  const userId = newId();
  const first = givenShare(userId);
  await givenKept(first, givenShare(userId, { resourceId: first.resourceId }));
  expect(await replayFor('shop')).toEqual({ accepted: 1, duplicate: 1, quarantined: 0 });
  expect(await replayFor('game')).toEqual({ accepted: 0, duplicate: 2, quarantined: 0 });
  expect(settled).toEqual([first.id]);
});

test('the delivery has the id that the request got when it came, so that its id tells when that was', async () => {
  const request = givenShare(newId(), { receivedAt: new Date(Date.now() - 60_000) });
  await givenKept(request);
  await replayFor('shop');
  expect(
    await db.rows('SELECT received_at FROM kakao_share.deliveries WHERE id = $1', [request.id]),
  ).toEqual([{ received_at: request.receivedAt }]);
});

test('two apps at once: whoever comes second stores nothing, not even a key', async () => {
  const resourceId = newId();
  const first = givenDelivery(resourceId, { app: 'shop' });
  const [other, second] = [givenDelivery(newId()), { ...first, app: 'game' }];
  await db.database.transaction(LIMITS, (tx) => storeDeliveries(tx, [first]));
  await expect(
    db.database.transaction(LIMITS, (tx) => storeDeliveries(tx, [other, second])),
  ).rejects.toThrow(TakenInElsewhereError);
  expect(await keysOf(resourceId)).toEqual([{ app: 'shop', delivery_id: first.id }]);
  expect(await keysOf(other.resourceId ?? '')).toEqual([]);
});
