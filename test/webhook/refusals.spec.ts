import { withHeader } from '../../src/simulator/share-request.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestService, untilNoneSpooled, type TestService } from '../support/test-service.js';
import { countDeliveries, get, post, read, sendRaw } from './door.js';

const BODY = '{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"room","user_id":"minji"}';
const QUERY = 'CHAT_TYPE=DirectChat&HASH_CHAT_ID=room&user_id=minji';
const LIMIT = 64 * 1024;

describe('what Kakao would never send is refused and leaves nothing behind', () => {
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

  async function expectRefusal(
    sent: ReturnType<TestService['send']>,
    status: number,
  ): Promise<Awaited<typeof sent>> {
    const before = await countDeliveries(db);
    const answer = await sent;
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).not.toContain(service.adminKey);
    expect(await countDeliveries(db)).toBe(before);
    return answer;
  }

  const AUTHORIZATIONS: readonly [string, (key: string) => string | string[] | undefined][] = [
    ['no Authorization', () => undefined],
    ['an empty Authorization', () => ''],
    ['the scheme alone', () => 'KakaoAK'],
    ['another key', () => 'KakaoAK 00000000000000000000000000000000'],
    ['a prefix of the key', (key) => `KakaoAK ${key.slice(0, -1)}`],
    ['a suffix of the key', (key) => `KakaoAK ${key.slice(1)}`],
    ['the key and more', (key) => `KakaoAK ${key}0`],
    ['the key in capitals', (key) => `KakaoAK ${key.toUpperCase()}X`],
    ['the key without a scheme', (key) => key],
    ['Bearer', (key) => `Bearer ${key}`],
    ['Basic', (key) => `Basic ${Buffer.from(`KakaoAK:${key}`).toString('base64')}`],
    ['Authorization repeated', (key) => [`KakaoAK ${key}`, `KakaoAK ${key}`]],
    ['a wrong one before the right one', (key) => ['KakaoAK wrong', `KakaoAK ${key}`]],
    ['the right one before a wrong one', (key) => [`KakaoAK ${key}`, 'KakaoAK wrong']],
    ['both in one header', (key) => `KakaoAK ${key}, KakaoAK ${key}`],
  ];

  test.each(AUTHORIZATIONS)('%s is answered 401', async (_, authorization) => {
    const header = authorization(service.adminKey);
    for (const request of [post(service, 'r-401', BODY), get(service, 'r-401', QUERY)]) {
      const answer = await expectRefusal(
        service.send(withHeader(request, 'Authorization', header)),
        401,
      );
      expect(answer.headers['www-authenticate']).toBe('KakaoAK');
    }
  });

  test('the key counts in the header only', async () => {
    const { adminKey } = service;
    const query = `${QUERY}&Authorization=KakaoAK%20${adminKey}&access_token=${adminKey}`;
    const request = withHeader(get(service, 'r-query', query), 'Authorization', undefined);
    await expectRefusal(service.send(request), 401);
  });

  test('an admin token opens no door for Kakao', async () => {
    const other = await startTestService(db, {
      environment: { ROLES: 'web', ADMIN_TOKEN: 'an-operators-token-of-32-characters' },
    });
    const answer = await other.send(
      withHeader(
        post(other, 'r-token', BODY),
        'Authorization',
        'KakaoAK an-operators-token-of-32-characters',
      ),
    );
    await other.stop();
    expect(answer.status).toBe(401);
  });

  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])(
    '%s is answered 405, with or without a key',
    async (method) => {
      const { url, headers } = get(service, 'r-405', QUERY);
      const request = { method, url, headers };
      const answer = await expectRefusal(service.send(request), 405);
      expect(answer.headers.allow).toBe('GET, POST');
      await expectRefusal(service.send(withHeader(request, 'Authorization', undefined)), 405);
    },
  );

  test('a body beyond 64 KiB is answered 413, one of 64 KiB is taken', async () => {
    const filled = (bytes: number): string =>
      BODY.replace('}', `,"filler":"${'x'.repeat(bytes)}"}`);
    const room = LIMIT - filled(0).length;
    read(await service.send(post(service, 'r-413-at', filled(room))));
    await untilNoneSpooled(db);
    await expectRefusal(service.send(post(service, 'r-413-over', filled(room + 1))), 413);
  });

  const head = (key: string, ...headers: string[]): string =>
    [
      'POST /webhooks/kakao/share HTTP/1.1',
      'Host: test',
      `Authorization: KakaoAK ${key}`,
      'X-Kakao-Resource-ID: r-raw',
      'Content-Type: application/json',
      ...headers,
      '\r\n',
    ].join('\r\n');

  test('a wrong key is answered 401 before a byte of the body has come', async () => {
    const answer = await sendRaw(service.url, head('wrong', 'Content-Length: 60000'));
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  test('a wrong key is answered 401 and not 413, whatever length is announced', async () => {
    const answer = await sendRaw(service.url, head('wrong', 'Content-Length: 999999999999'));
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  test('a body that announces too much is answered 413 before it comes', async () => {
    const answer = await sendRaw(
      service.url,
      head(service.adminKey, `Content-Length: ${LIMIT + 1}`),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('a body in chunks is cut off at the limit', async () => {
    const before = await countDeliveries(db);
    const chunk = `${(LIMIT + 1).toString(16)}\r\n${'x'.repeat(LIMIT + 1)}\r\n`;
    const answer = await sendRaw(
      service.url,
      head(service.adminKey, 'Transfer-Encoding: chunked') + chunk,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(await countDeliveries(db)).toBe(before);
  });

  test('a body that does not come is given up on within the 3 s that Kakao waits', async () => {
    const before = await countDeliveries(db);
    const announced = head(service.adminKey, 'Content-Length: 100');
    // Each time by itself; that this process stands still meanwhile does not happen each time.
    await eventually(async () => {
      expect(await sendRaw(service.url, `${announced}{`, 3_000)).toMatch(/^HTTP\/1\.1 408 /);
    });
    expect(await countDeliveries(db)).toBe(before);
  });

  test('neighbouring paths are no door', async () => {
    for (const path of ['/webhooks/kakao', '/webhooks/kakao/shared', '/webhooks/kakao/share/x']) {
      const { body, ...request } = post(service, 'r-path', BODY);
      const answer = await service.send({ ...request, url: `${service.url}${path}` });
      expect([path, answer.status, body]).toEqual([path, 404, BODY]);
    }
  });
});

describe('the door is one, however it is reached', () => {
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

  test('a trailing slash is the same door and no redirect: Kakao follows none', async () => {
    const slashed = { ...post(service, 'slash', BODY), url: `${service.webhookUrl}/` };
    const first = read(await service.send(slashed));
    expect(first.status).toBe('accepted');
    const query = get(service, 'slash-get', QUERY);
    const got = { ...query, url: query.url.replace('share?', 'share/?') };
    expect(read(await service.send(got)).status).toBe('accepted');
    await untilNoneSpooled(db);
    expect(read(await service.send(post(service, 'slash', BODY)))).toEqual({
      status: 'duplicate',
      deliveryId: first.deliveryId,
    });
    const refused = await service.send(withHeader(slashed, 'Authorization', 'KakaoAK wrong'));
    expect(refused.status).toBe(401);
  });

  test('the case of letters in the path does not matter', async () => {
    const request = {
      ...post(service, 'case', BODY),
      url: service.webhookUrl.replace('kakao', 'Kakao'),
    };
    expect(read(await service.send(request)).status).toBe('accepted');
    const refused = await service.send(withHeader(request, 'Authorization', undefined));
    expect(refused.status).toBe(401);
  });
});
