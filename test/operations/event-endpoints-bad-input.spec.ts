import { newId } from '../../src/database/new-id.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestService, type TestService } from '../support/test-service.js';
import { ask, BECAUSE, create, ENVIRONMENT, look, UNKNOWN_ID } from './event-endpoints.js';

/** Nobody listens there, and nobody needs to. */
const url = 'http://127.0.0.1:9/';

let db: TestDatabase;
let service: TestService;

beforeAll(async () => {
  db = await createTestDatabase();
  service = await startTestService(db, { environment: { ...ENVIRONMENT, ROLES: 'web' } });
});
afterAll(async () => {
  await service.stop();
  await db.drop();
});

/** Everything that a request could have written. */
async function everythingSaved(): Promise<unknown> {
  return Promise.all(
    ['event_endpoints', 'event_endpoint_secrets', 'destinations', 'audit'].map((table) =>
      db.rows(`SELECT * FROM kakao_share.${table} ORDER BY 1`),
    ),
  );
}

describe('what cannot be taken is answered 400 and changes nothing:', () => {
  test.each([
    ['no url', {}],
    ['a url that is none', { url: 'hooks.example' }],
    ['a url without TLS', { url: 'http://8.8.8.8/' }],
    ['a private address', { url: 'https://10.0.0.1/' }],
    ['metadata', { url: 'https://169.254.169.254/latest/meta-data/' }],
    ['an address in disguise', { url: 'https://0xa9fea9fe/' }],
    ['credentials', { url: 'https://a:b@8.8.8.8/' }],
    ['a fragment', { url: 'https://8.8.8.8/#a' }],
    ['a name that leads nowhere', { url: 'https://hooks.invalid/' }],
    ['a url beyond bounds', { url: `https://8.8.8.8/${'a'.repeat(2_000)}` }],
    ['a url that grows beyond bounds', { url: `https://8.8.8.8/${'우'.repeat(1_000)}` }],
    ['a url of another kind', { url: 1 }],
    ['a list of urls', { url: [url] }],
    ['an unknown app', { url, app: 'unknown' }],
    ['an unknown type', { url, types: ['reward.invented'] }],
    ['no type at all', { url, types: [] }],
    ['a type twice', { url, types: ['reward.held', 'reward.held'] }],
    ['types as text', { url, types: 'reward.held' }],
    ['a NUL', { url, description: 'a\u0000' }],
    ['a description beyond bounds', { url, description: 'a'.repeat(501) }],
    ['an empty description', { url, description: '' }],
    ['room hashes by text', { url, includeRoomHash: 'true' }],
    ['a field that is not known', { url, secret: 'whsec_mine' }],
    ['a prototype', JSON.parse(`{"url":"${url}","__proto__":{"app":"game"}}`) as object],
  ])('%s', async (_, body) => {
    const before = await everythingSaved();
    const answer = await ask(service, 'POST', '', { app: 'default', ...body });
    expect(answer.status).toBe(400);
    // Which field it was: but nothing of what was in it.
    expect(answer.body.errors?.length).toBeGreaterThan(0);
    expect(JSON.stringify(answer.body)).not.toMatch(
      /8\.8\.8\.8|hooks\.invalid|whsec_mine|invented/,
    );
    expect(await everythingSaved()).toEqual(before);
  });

  test.each([[-1], [169], [1.5], ['24'], [null]])(
    'an overlap of %j hours',
    async (overlapHours) => {
      const { id } = await create(service, { url });
      const answer = await ask(service, 'POST', `/${id}/rotate-secret`, {
        ...BECAUSE,
        overlapHours,
      });
      expect(answer.status).toBe(400);
      expect((await look(service, id)).secrets).toHaveLength(1);
    },
  );

  test('a change to where calls may not go', async () => {
    const { id } = await create(service, { url });
    const answer = await ask(service, 'PATCH', `/${id}`, {
      ...BECAUSE,
      url: 'https://192.168.0.1/',
    });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        errors: [expect.stringMatching(/^url: must be https to a public address/) as string],
      },
    });
    expect((await look(service, id)).url).toBe(url);
  });

  test('a change without a reason, an id that is none, a filter that is none', async () => {
    const { id } = await create(service, { url });
    expect((await ask(service, 'POST', `/${id}/pause`, {})).status).toBe(400);
    expect((await ask(service, 'GET', '/first')).status).toBe(400);
    expect((await ask(service, 'GET', `/${id}/deliveries?outcome=lost`)).status).toBe(400);
    expect((await ask(service, 'GET', `/${id}/deliveries?eventId=x`)).status).toBe(400);
    expect((await ask(service, 'GET', `/${UNKNOWN_ID}`)).status).toBe(404);
  });
});

describe('past events', () => {
  test.each([
    [{}],
    [{ from: '2026-01-01T00:00:00Z' }],
    [{ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }],
    [{ from: 'yesterday', to: 'today' }],
    [{ from: '2026-01-01', to: '2026-01-02' }],
    [{ eventIds: [] }],
    [{ eventIds: ['all'] }],
    [{ eventIds: Array.from({ length: 101 }, () => newId()) }],
    [{ eventIds: [UNKNOWN_ID], from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' }],
    [{ from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z', types: ['all'] }],
    [{ from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z', cursor: 'x' }],
  ])('are not asked for by %j', async (order) => {
    const { id } = await create(service, { url });
    expect((await ask(service, 'POST', `/${id}/replay`, { ...BECAUSE, ...order })).status).toBe(
      400,
    );
  });
});
