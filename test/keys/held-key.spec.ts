import { randomBytes } from 'node:crypto';
import { storeDeliveries } from '../../src/deliveries/store-deliveries.js';
import { KakaoKeyRing, presentedKey } from '../../src/kakao/key-ring.js';
import { writeUnknownKeys } from '../../src/keys/write-unknown-keys.js';
import { replayUnknownKey, type ReplayCounts } from '../../src/webhook/replay-unknown-key.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenRequest } from './given-unknown.js';

/** More than the replay takes to give up on a key that is held. */
const HOLD_LIMIT_MS = 20_000;

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

test('a replay of an unknown key gives up on a resource id that somebody holds, and keeps it: nothing ends in quarantine', async () => {
  const key = randomBytes(16).toString('hex');
  const { fingerprint = '', proof = Buffer.alloc(16) } = presentedKey(`KakaoAK ${key}`) ?? {};
  const now = new Date();
  const known = { fingerprint, proof, network: 'kakao', weight: 1, hits: 1 };
  const request = {
    ...givenRequest(now),
    body: Buffer.from('{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"r","user_id":"minji"}'),
  };
  const found = { ...known, firstSeenAt: now, lastSeenAt: now, requests: [request] };
  await writeUnknownKeys(db.database, [found], now);
  const replay = (): Promise<ReplayCounts> =>
    replayUnknownKey(
      db.database,
      {
        ...{ ring: new KakaoKeyRing({ default: [key] }), userParameter: 'user_id' },
        dispatch: () => undefined,
      },
      { actor: 'test', fingerprint, reason: 'rotated' },
    );
  const rival = givenDelivery(request.resourceId, { app: 'default' });
  const changedItsMind = new Error('rolled back');
  await expect(
    db.database.transaction({ statementTimeoutMs: HOLD_LIMIT_MS }, async (holder) => {
      await storeDeliveries(holder, [rival]);
      await expect(replay()).rejects.toMatchObject({ code: '55P03' });
      throw changedItsMind;
    }),
  ).rejects.toBe(changedItsMind);
  expect(await db.number('SELECT count(*) FROM kakao_share.deliveries')).toBe(0);
  expect(await replay()).toEqual({ accepted: 1, duplicate: 0, quarantined: 0 });
  expect(await replay()).toEqual({ accepted: 0, duplicate: 1, quarantined: 0 });
}, 60_000);
