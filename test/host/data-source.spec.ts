import { Module } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { KeyRingError, migrate, SettlementModule, WebhookModule } from '../../src/index.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, shareBy, untilSettled } from '../support/test-service.js';
import { eventually } from '../support/eventually.js';
import { ADMIN_KEY, APPS, hostDataSource, PATH, PLATFORMS, startHost, told } from './host.js';

const ACCEPTED = { http: 200, said: 'accepted' };
const OTHER_KEY = 'o'.repeat(32);

describe.each(PLATFORMS)('a host on %s', (platform) => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(async () => {
    await db.drop();
  });

  test('keeps our tables in a schema and on a data source of its choice', async () => {
    await migrate(db.url, 'other_schema');
    const shared = {
      queue: { postgres: { url: db.url } },
      schema: 'other_schema',
      dataSource: 'rewards',
    };
    const host = await startHost(platform, {
      imports: [
        ...(hostDataSource(db.url, { name: 'rewards' }) ?? []),
        WebhookModule.forRoot({ apps: APPS, ...shared }),
        SettlementModule.forRoot(shared),
      ],
    });
    expect(told(await host.share(shareBy('minji'), 'named'))).toEqual(ACCEPTED);
    const verdicts = 'SELECT verdict FROM other_schema.decisions';
    await eventually(async () => {
      expect(await db.rows(verdicts)).toEqual([{ verdict: 'no-campaign' }]);
    });
    expect(await db.number('SELECT count(*) FROM kakao_share.deliveries')).toBe(0);
    expect(await db.number('SELECT count(*) FROM kakao_share.destinations')).toBe(0);
    await host.close();
  });

  test('opens two doors, each with its path, apps and user parameter', async () => {
    const queue = { postgres: { url: db.url } };
    await givenCampaign(db, {}, 'shop');
    await givenCampaign(db, {}, 'games');
    const host = await startHost(platform, {
      imports: [
        ...(hostDataSource(db.url) ?? []),
        WebhookModule.forRoot({ queue, apps: { shop: [ADMIN_KEY] }, path: 'kakao/shop' }),
        WebhookModule.forRoot({
          queue,
          apps: { games: [OTHER_KEY] },
          path: '/kakao/games/',
          userParameter: 'player',
        }),
        SettlementModule.forRoot({ queue }),
      ],
    });
    const share = shareBy('', { customParameters: { user_id: 'buyer', player: 'gamer' } });
    const shop = { path: '/kakao/shop', adminKey: ADMIN_KEY };
    const games = { path: '/kakao/games', adminKey: OTHER_KEY };
    expect(told(await host.share(share, 'one', shop))).toEqual(ACCEPTED);
    // The same resource id of another app is another share.
    expect(told(await host.share(share, 'one', games))).toEqual(ACCEPTED);
    expect((await host.share(share, 'two', { ...games, adminKey: ADMIN_KEY })).status).toBe(401);
    expect((await host.share(share, 'two', { ...shop, adminKey: OTHER_KEY })).status).toBe(401);
    expect((await host.share(share, 'two', { path: PATH })).status).toBe(404);
    await untilSettled(db);
    expect(await db.rows('SELECT app, user_id FROM kakao_share.users ORDER BY app')).toEqual([
      { app: 'games', user_id: 'gamer' },
      { app: 'shop', user_id: 'buyer' },
    ]);
    await host.close();
  });

  test('makes our options with a factory of its own', async () => {
    const SECRETS = Symbol('secrets');
    @Module({
      providers: [{ provide: SECRETS, useValue: { adminKey: ADMIN_KEY, queueUrl: db.url } }],
      exports: [SECRETS],
    })
    class SecretsModule {}
    interface Secrets {
      adminKey: string;
      queueUrl: string;
    }
    await givenCampaign(db);
    const host = await startHost(platform, {
      imports: [
        ...(hostDataSource(db.url) ?? []),
        WebhookModule.forRootAsync({
          path: 'async/share',
          imports: [SecretsModule],
          inject: [SECRETS],
          useFactory: (secrets: Secrets) =>
            Promise.resolve({
              apps: { default: [secrets.adminKey] },
              queue: { postgres: { url: secrets.queueUrl } },
              userParameter: 'member',
            }),
        }),
        SettlementModule.forRootAsync({
          imports: [SecretsModule],
          inject: [SECRETS],
          useFactory: (secrets: Secrets) => ({ queue: { postgres: { url: secrets.queueUrl } } }),
        }),
      ],
    });
    const share = shareBy('', { customParameters: { member: 'minji' } });
    expect(told(await host.share(share, 'async', { path: '/async/share' }))).toEqual(ACCEPTED);
    await untilSettled(db);
    expect(await db.rows('SELECT user_id FROM kakao_share.users')).toEqual([{ user_id: 'minji' }]);
    await host.close();
  });

  test('that has lost its database answers 503 and lives on', async () => {
    const host = await startHost(platform, {
      imports: [
        ...(hostDataSource(db.url) ?? []),
        WebhookModule.forRoot({ apps: APPS, queue: { postgres: { url: db.url } } }),
      ],
    });
    const dataSource = host.app.get<DataSource>(getDataSourceToken());
    await dataSource.destroy();
    const sent = await Promise.all(['a', 'b', 'c'].map((id) => host.share(shareBy(id), id)));
    expect(sent.map(({ status }) => status)).toEqual([503, 503, 503]);
    await dataSource.initialize();
    expect(told(await host.share(shareBy('d'), 'd'))).toEqual(ACCEPTED);
    await host.close();
  });

  test.each([
    ['no app', {}],
    ['an app without a key', { default: [] }],
    ['an empty key', { default: [''] }],
    ['a key of two apps', { a: [ADMIN_KEY], b: [ADMIN_KEY] }],
  ])('does not start with %s', async (_, apps) => {
    const host = startHost(platform, {
      imports: [
        ...(hostDataSource(db.url) ?? []),
        WebhookModule.forRoot({ apps, queue: { postgres: { url: db.url } } }),
      ],
    });
    await expect(host).rejects.toThrow(KeyRingError);
  });
});
