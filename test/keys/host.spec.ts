import { KakaoKeyRing, WebhookModule } from '../../src/index.js';
import { hostDataSource, PLATFORMS, startHost, webhook, type Platform } from '../host/host.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const BODY = '{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"room","user_id":"minji"}';
const [OLD, NEW] = ['o'.repeat(32), 'n'.repeat(32)];

describe.each(PLATFORMS)('the key ring of a host on %s', (platform: Platform) => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(async () => {
    await db.drop();
  });

  test('takes other keys while it runs; what came with an unknown key is written before the host has closed', async () => {
    const ring = new KakaoKeyRing({ shop: [OLD] });
    const door = WebhookModule.forRoot({ apps: ring, queue: { postgres: { url: db.url } } });
    const host = await startHost(platform, {
      imports: [...(hostDataSource(db.url) ?? []), door],
    });
    const statusWith = async (adminKey: string, resourceId: string): Promise<number> =>
      (await host.send(webhook(BODY, resourceId, { adminKey }))).status;

    expect(await statusWith(OLD, 'with-old')).toBe(200);
    expect(await statusWith(NEW, 'too-early')).toBe(401);
    ring.replace({ shop: [OLD], game: [NEW] });
    expect(await statusWith(NEW, 'with-new')).toBe(200);
    expect(() => ring.replace({ shop: [] })).toThrow('no admin key');
    expect(await statusWith(OLD, 'with-old-2')).toBe(200);
    ring.replace({ game: [NEW] });
    expect(await statusWith(OLD, 'too-late')).toBe(401);
    await host.close();

    const kept = await db.rows<{ resource_id: string; body: Buffer }>(
      'SELECT resource_id, body FROM kakao_share.unknown_key_requests ORDER BY id',
    );
    expect(kept.map(({ resource_id: id, body }) => [id, body.toString()])).toEqual([
      ['too-early', BODY],
      ['too-late', BODY],
    ]);
    const uses = await db.rows('SELECT app FROM kakao_share.key_uses ORDER BY app');
    expect(uses).toEqual([{ app: 'game' }, { app: 'shop' }]);
  });
});
