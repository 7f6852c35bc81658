import { randomBytes } from 'node:crypto';
import { presentedKey } from '../../src/kakao/key-ring.js';
import { withHeader } from '../../src/simulator/share-request.js';
import { apiTokens, bearer, call, type PageBody } from '../operations/management.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestService, type TestService } from '../support/test-service.js';
import { post } from '../webhook/door.js';

const BODY = '{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"room","user_id":"minji"}';
const TEST_LIMIT_MS = 180_000;

interface KeyBody {
  readonly app: string;
  readonly fingerprint: string;
  readonly inForce: boolean;
  readonly firstUsedAt: string | null;
  readonly lastUsedAt: string | null;
}

const newKey = (): string => randomBytes(16).toString('hex');
const printOf = (key: string): string => presentedKey(`KakaoAK ${key}`)?.fingerprint ?? '';

describe('the last use of admin keys', () => {
  const [old, fresh, game] = [newKey(), newKey(), newKey()];
  const common = {
    KAKAO_ADMIN_KEYS: newKey(),
    ADMIN_TOKEN: newKey(),
    API_TOKENS: apiTokens({
      'game-reader': { scopes: ['read'], apps: ['game'] },
      issuer: { scopes: ['intents'] },
    }),
  };
  let db: TestDatabase;
  /** One still has both keys, the other was restarted with the new one alone. */
  let before: TestService;
  let after: TestService;

  beforeAll(async () => {
    db = await createTestDatabase();
    const KAKAO_APPS = JSON.stringify({ shop: [old, fresh], game });
    before = await startTestService(db, { environment: { ...common, KAKAO_APPS } });
    const rotated = JSON.stringify({ shop: [fresh], game });
    after = await startTestService(db, { environment: { ...common, KAKAO_APPS: rotated } });
  }, TEST_LIMIT_MS);
  afterAll(async () => {
    await before.stop();
    await after.stop();
    await db.drop();
  });

  async function use(service: TestService, key: string, resourceId: string): Promise<void> {
    const request = post(service, resourceId, BODY);
    const { status } = await service.send(withHeader(request, 'Authorization', `KakaoAK ${key}`));
    expect(status).toBe(200);
  }

  async function shown(service: TestService, key: string): Promise<KeyBody | undefined> {
    const { body } = await service.api<PageBody<KeyBody>>('/v1/keys');
    return body.items.find(({ fingerprint }) => fingerprint === printOf(key));
  }

  test(
    'is seen in every process, also of a key that is in force no more, and of one never used it is null',
    async () => {
      const startedAt = Date.now();
      await use(before, old, 'use-old');
      await use(before, fresh, 'use-fresh');
      await use(after, fresh, 'use-fresh-2');
      await eventually(async () => {
        expect(await shown(after, old)).toMatchObject({ app: 'shop', inForce: false });
      }, 30_000);
      const lastUse = (await shown(after, old))?.lastUsedAt ?? '';
      expect(Date.parse(lastUse)).toBeGreaterThanOrEqual(startedAt);
      expect(Date.parse(lastUse)).toBeLessThanOrEqual(Date.now());
      expect(await shown(before, old)).toMatchObject({ inForce: true, lastUsedAt: lastUse });
      const unused = { inForce: true, firstUsedAt: null, lastUsedAt: null };
      expect(await shown(after, game)).toMatchObject(unused);
      for (const service of [before, after]) {
        const answer = JSON.stringify((await service.api('/v1/keys')).body);
        for (const key of [old, fresh, game]) expect(answer).not.toContain(key);
      }
    },
    TEST_LIMIT_MS,
  );

  test(
    'is told to readers alone, each of their own apps',
    async () => {
      const mine = await call<PageBody<KeyBody>>(after, '/v1/keys', bearer('game-reader'));
      expect(mine.body.items.map(({ app }) => app)).toEqual(['game']);
      expect((await call(after, '/v1/keys', bearer('issuer'))).status).toBe(403);
    },
    TEST_LIMIT_MS,
  );

  test(
    'outlives an outage of its table: webhooks are answered, and what was used is written down later',
    async () => {
      await db.rows('ALTER TABLE kakao_share.key_uses RENAME TO away');
      const usedAt = Date.now();
      await use(after, game, 'use-in-outage');
      await after.stop();
      await use(before, game, 'use-in-outage-2');
      await db.rows('ALTER TABLE kakao_share.away RENAME TO key_uses');
      await eventually(async () => {
        const { firstUsedAt } = (await shown(before, game)) ?? {};
        expect(Date.parse(firstUsedAt ?? '')).toBeGreaterThanOrEqual(usedAt);
      }, 40_000);
      const environment = { ...common, KAKAO_APPS: JSON.stringify({ shop: [fresh], game }) };
      after = await startTestService(db, { environment });
    },
    TEST_LIMIT_MS,
  );
});
