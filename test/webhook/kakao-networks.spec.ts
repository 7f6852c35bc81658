import { withHeader } from '../../src/simulator/share-request.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestService, type TestService } from '../support/test-service.js';
import { get, read } from './door.js';

const KAKAO = '203.0.113.7';
const QUERY = 'CHAT_TYPE=DirectChat&HASH_CHAT_ID=room&user_id=minji';

describe('a service with KAKAO_NETWORKS, behind one proxy', () => {
  let db: TestDatabase;
  let service: TestService;

  beforeAll(async () => {
    db = await createTestDatabase();
    service = await startTestService(db, {
      environment: { ROLES: 'web', KAKAO_NETWORKS: `${KAKAO},2001:db8::/48`, TRUSTED_PROXIES: '1' },
    });
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  const deliver = (client: string, resourceId: string) =>
    service.send(withHeader(get(service, resourceId, QUERY), 'X-Forwarded-For', client));

  test.each([KAKAO, '2001:db8::7', `6.6.6.6, ${KAKAO}`])(
    'takes webhooks from %s',
    async (client) => {
      expect(read(await deliver(client, `from ${client}`)).status).toBe('accepted');
    },
  );

  test.each(['203.0.113.8', `${KAKAO}, 6.6.6.6`, '2001:db8:1::7'])(
    'answers %s 403, and stores nothing of it',
    async (client) => {
      const before = await db.number('SELECT count(*) FROM kakao_share.delivery_keys');
      expect((await deliver(client, `from ${client}`)).status).toBe(403);
      expect(await db.number('SELECT count(*) FROM kakao_share.delivery_keys')).toBe(before);
    },
  );
});
