import { WebhookModule } from '../../src/index.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { APPS, hostDataSource, PLATFORMS, startHost, told, webhook, type Host } from './host.js';

const BODY = '{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"room","user_id":"minji"}';
const KAKAO = '203.0.113.7';

describe.each(PLATFORMS)('a host on %s that lists the addresses of Kakao', (platform) => {
  let db: TestDatabase;
  let hosts: Record<'direct' | 'elsewhere' | 'behind', Host>;

  async function start(kakaoNetworks: string[], trustedProxies?: number): Promise<Host> {
    const proxies = trustedProxies === undefined ? {} : { trustedProxies };
    return startHost(platform, {
      imports: [
        ...(hostDataSource(db.url) ?? []),
        WebhookModule.forRoot({
          apps: APPS,
          queue: { postgres: { url: db.url } },
          kakaoNetworks,
          ...proxies,
        }),
      ],
    });
  }

  beforeAll(async () => {
    db = await createTestDatabase();
    hosts = {
      direct: await start(['127.0.0.0/8']),
      elsewhere: await start([KAKAO]),
      // Neither platform is told to trust a proxy: what counts is our option.
      behind: await start([KAKAO], 1),
    };
  });
  afterAll(async () => {
    for (const host of Object.values(hosts)) await host.close();
    await db.drop();
  });

  async function send(host: keyof typeof hosts, resourceId: string, ...forwardedFor: string[]) {
    const request = webhook(BODY, `${host}: ${resourceId}`);
    const headers = {
      ...request.headers,
      ...(forwardedFor.length > 0 ? { 'X-Forwarded-For': forwardedFor } : {}),
    };
    return hosts[host].send({ ...request, headers });
  }
  const stored = (): Promise<number> => db.number('SELECT count(*) FROM kakao_share.delivery_keys');

  test('takes webhooks from there', async () => {
    expect(told(await send('direct', 'one')).said).toBe('accepted');
    expect(told(await send('behind', 'one', KAKAO)).said).toBe('accepted');
    expect(told(await send('behind', 'two', `6.6.6.6, ${KAKAO}`)).said).toBe('accepted');
    expect(told(await send('behind', 'three', '6.6.6.6', KAKAO)).said).toBe('accepted');
  });

  test('answers others 403 and stores nothing, however they forge the header', async () => {
    const before = await stored();
    for (const forwardedFor of [[], [KAKAO], [`${KAKAO}, 127.0.0.1`]])
      expect((await send('elsewhere', 'no', ...forwardedFor)).status).toBe(403);
    for (const forwardedFor of [[], [`${KAKAO}, 6.6.6.6`], [KAKAO, '6.6.6.6'], ['127.0.0.1']])
      expect((await send('behind', 'no', ...forwardedFor)).status).toBe(403);
    expect(await stored()).toBe(before);
  });

  test('answers 403 before it judges the key', async () => {
    const request = webhook(BODY, 'wrong key', { adminKey: 'wrong' });
    expect((await hosts.elsewhere.send(request)).status).toBe(403);
    expect((await hosts.direct.send(request)).status).toBe(401);
  });
});
