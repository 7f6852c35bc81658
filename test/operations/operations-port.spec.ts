import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { readSettings } from '../../src/config/settings.js';
import { startService, type Service } from '../../src/service.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { clientOf, serviceEnvironment, type TestService } from '../support/test-service.js';
import { get, read } from '../webhook/door.js';

const QUERY = 'CHAT_TYPE=DirectChat&HASH_CHAT_ID=room&user_id=minji';
const MANAGED = ['/v1/deliveries', '/v1/users/minji', '/metrics', '/docs', '/console', '/'];
/** Each is read as a path of management by some router or proxy. */
const TRICKS = [
  '//v1/deliveries',
  '/V1/deliveries',
  '/v1/deliveries/',
  '/v1//deliveries',
  '/%761/deliveries',
  '/%2e/v1/deliveries',
  '/./v1/deliveries',
  '/health/../v1/deliveries',
  '/health/live/../../v1/deliveries',
  '/health/live%2f..%2f..%2fv1/deliveries',
  '/share-status/..;/v1/deliveries',
  '/webhooks/kakao/share/../../../v1/deliveries',
  '\\v1\\deliveries',
  '/v1\\deliveries',
  '/v1/deliveries?/share-status',
  '/v1/deliveries#/share-status',
  '/v1/deliveries/share-status',
  '/v1/deliveries.',
  'http://test/v1/deliveries',
  'http://test\\v1/share-status',
  'http://test\\v1\\deliveries/share-status',
  'http:///v1/deliveries',
  'http:v1/deliveries',
  'share-status/../v1/deliveries',
  'http://user:pass@test/v1/deliveries',
  '*',
];

describe('a port for operations', () => {
  let db: TestDatabase;
  let service: Service;
  let kakao: TestService;
  let operator: TestService;

  beforeAll(async () => {
    db = await createTestDatabase();
    const env = { ...serviceEnvironment(db), ROLES: 'web', OPERATIONS_PORT: '0' };
    service = await startService({ ...readSettings(env), databaseUrl: db.url });
    kakao = clientOf(service.url, env, () => Promise.resolve());
    operator = clientOf(service.operationsUrl, env, () => service.stop());
  });
  afterAll(async () => {
    await kakao.stop();
    await operator.stop();
    await db.drop();
  });

  /** What this target is answered, as it is written. */
  async function ask(url: string, target: string, ...headers: string[]): Promise<string> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const lines = [`GET ${target} HTTP/1.1`, 'Host: test', 'Connection: close', ...headers];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    return text(socket);
  }
  const askWithToken = (url: string, target: string): Promise<string> =>
    ask(url, target, `Authorization: Bearer ${operator.adminToken}`);

  test('takes management off the port for everybody', async () => {
    for (const path of MANAGED) {
      expect(await askWithToken(service.url, path)).toMatch(/^HTTP\/1.1 404 [^]*problem\+json/);
    }
    expect((await operator.api('/v1/deliveries')).status).toBe(200);
    expect(await ask(service.operationsUrl, '/v1/deliveries')).toMatch(/^HTTP\/1.1 401 /);
  });

  test.each(TRICKS)('is not got around by %s', async (target) => {
    expect(await askWithToken(service.url, target)).toMatch(/^HTTP\/1.1 (404|400) /);
  });

  test('leaves Kakao, pages and health probes where they are', async () => {
    expect(read(await kakao.send(get(kakao, 'public', QUERY))).status).toBe('accepted');
    for (const path of ['/health/live', '/HEALTH/Ready/', 'http://test/health/ready?x=y'])
      expect(await ask(service.url, path)).toMatch(/^HTTP\/1.1 200 /);
    expect(await ask(service.url, '/share-status', 'X-Share-Intent: none')).toMatch(
      /^HTTP\/1.1 404 [^]*no such intent/,
    );
    expect(await ask(service.url, '/share-status?token=none')).toMatch(
      /^HTTP\/1.1 400 [^]*query is not taken/,
    );
  });

  test('has the same limits as the one for everybody', async () => {
    const long = `/health/live?${'x'.repeat(66_000)}`;
    const many = Array.from({ length: 201 }, (_, number) => `X-${number}: 1`);
    for (const url of [service.url, service.operationsUrl]) {
      expect(await ask(url, long)).toMatch(/^HTTP\/1.1 431 /);
      expect(await ask(url, '/health/live', ...many)).toMatch(/^HTTP\/1.1 431 /);
    }
  });
});

test('a service stops both ports, and a port that is taken stops its start', async () => {
  const db = await createTestDatabase();
  const env = { ...serviceEnvironment(db), ROLES: 'web', OPERATIONS_PORT: '0' };
  const settings = { ...readSettings(env), databaseUrl: db.url };
  const first = await startService(settings);
  const taken = Number(new URL(first.operationsUrl).port);
  await expect(startService({ ...settings, operationsPort: taken })).rejects.toThrow('EADDRINUSE');
  expect((await fetch(`${first.operationsUrl}/health/live`)).status).toBe(200);
  await first.stop();
  for (const url of [first.url, first.operationsUrl])
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  await db.drop();
});
