import { gzipSync } from 'node:zlib';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestService, type TestService } from '../support/test-service.js';
import { get, read } from '../webhook/door.js';

const PLAIN = "default-src 'none';frame-ancestors 'none'";

describe('the headers of an answer', () => {
  let db: TestDatabase;
  let service: TestService;

  beforeAll(async () => {
    db = await createTestDatabase();
    service = await startTestService(db, { environment: { ROLES: 'web' } });
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  const headersOf = async (path: string, init: RequestInit = {}): Promise<Headers> =>
    (await fetch(`${service.url}${path}`, { redirect: 'manual', ...init })).headers;

  test.each(['/v1/deliveries', '/v1/nowhere', '/health/ready', '/share-status', '/nowhere'])(
    'of %s let nobody keep, show or frame what it says',
    async (path) => {
      const headers = await headersOf(path);
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': PLAIN,
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      });
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('strict-transport-security')).toBeNull();
    },
  );

  test.each(['/docs', '/console/', '/console/script.js'])(
    'of a page, %s, let it load its own scripts alone',
    async (path) => {
      const policy = (await headersOf(path)).get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
    },
  );

  test("of a webhook's answer are Node's and the content's alone", async () => {
    const answer = await service.send(
      get(service, 'headers', 'CHAT_TYPE=DirectChat&HASH_CHAT_ID=room&user_id=minji'),
    );
    expect(read(answer).status).toBe('accepted');
    expect(Object.keys(answer.headers).sort()).toEqual([
      ...['connection', 'content-length', 'content-type', 'date', 'keep-alive'],
    ]);
  });

  test('nothing that is compressed is inflated: 415', async () => {
    const { status } = await service.api('/v1/campaigns', {
      method: 'POST',
      body: gzipSync('{"name":"x"}'),
      headers: {
        Authorization: `Bearer ${service.adminToken}`,
        'Content-Type': 'application/json',
        'Content-Encoding': 'gzip',
      },
    });
    expect(status).toBe(415);
  });
});
