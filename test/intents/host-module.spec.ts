import { Controller, Inject, Injectable, Module, Post } from '@nestjs/common';
import {
  IntentRequestError,
  migrate,
  SettlementModule,
  ShareIntents,
  ShareIntentsModule,
  SigningKeysError,
  WebhookModule,
} from '../../src/index.js';
import { APPS, hostDataSource, PLATFORMS, startHost } from '../host/host.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, shareBy } from '../support/test-service.js';

const KEYS = ['s'.repeat(32)];

/** Somebody else's configuration. */
@Injectable()
class Vault {
  readonly keys = KEYS;
}
@Module({ providers: [Vault], exports: [Vault] })
class VaultModule {}

/** Somebody else's route, for a user whom the host knows. */
@Controller('promises')
class PromisesController {
  static campaignId = '';
  constructor(@Inject(ShareIntents) private readonly intents: ShareIntents) {}

  @Post()
  async promise(): Promise<object> {
    return this.intents.issue({
      userId: 'minji',
      campaignId: PromisesController.campaignId,
      idempotencyKey: 'the-one',
      share: {
        function: 'createDefaultButton',
        settings: { container: '#share', objectType: 'text', text: 'Hi' },
        pickerSettings: { limit: 3 },
      },
    });
  }
}

describe.each(PLATFORMS)('a host on %s that issues intents', (platform) => {
  let db: TestDatabase;
  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(async () => {
    await db.drop();
  });

  test('pays the share that comes back under one, and tells how it went', async () => {
    PromisesController.campaignId = await givenCampaign(db, { mode: 'strict' });
    const queue = { postgres: { url: db.url } };
    const host = await startHost(platform, {
      controllers: [PromisesController],
      imports: [
        ...(hostDataSource(db.url) ?? []),
        WebhookModule.forRoot({ apps: APPS, queue }),
        SettlementModule.forRoot({ queue, intentSigningKeys: KEYS }),
        ShareIntentsModule.forRoot({ signingKeys: KEYS, pickerApps: ['default'] }),
      ],
    });
    const ask = async (): Promise<{
      id: string;
      token: string;
      callbackArgs: object;
      parameters: object;
    }> => (await (await fetch(`${host.url}/promises`, { method: 'POST' })).json()) as never;
    const { id, token, callbackArgs, parameters } = await ask();
    expect(parameters).toMatchObject({
      function: 'createDefaultButton',
      settings: { pickerSettings: { limit: 3 }, serverCallbackArgs: callbackArgs },
    });
    expect(await ask()).toMatchObject({ id, token, repeated: true });
    const intents = host.app.get(ShareIntents);
    expect(await intents.status(token)).toMatchObject({ state: 'waiting' });
    await host.share(shareBy('', { customParameters: { share_intent: token } }), 'under an intent');
    await eventually(async () => {
      expect(await intents.status(token)).toMatchObject({ state: 'paid', amount: 100 });
    });
    expect(await intents.find(id)).toMatchObject({
      userId: 'minji',
      issuedBy: 'host',
      state: 'paid',
    });
    expect(await intents.find(id, ['another-app'])).toBeUndefined();
    expect(await intents.status(`${token}x`)).toBeUndefined();
    await host.close();
  });

  test('finds keys by a factory, and tables in a schema and on a data source of its choice', async () => {
    await migrate(db.url, 'other_schema');
    const host = await startHost(platform, {
      imports: [
        ...(hostDataSource(db.url, { name: 'rewards' }) ?? []),
        ShareIntentsModule.forRootAsync({
          dataSource: 'rewards',
          imports: [VaultModule],
          inject: [Vault],
          useFactory: ({ keys }: Vault) => ({ signingKeys: keys, schema: 'other_schema' }),
        }),
      ],
    });
    const campaignId = await givenCampaign(db);
    const issuing = host.app.get(ShareIntents).issue({ userId: 'minji', campaignId });
    // The campaign is in the other schema.
    await expect(issuing).rejects.toThrow(IntentRequestError);
    await expect(issuing).rejects.toMatchObject({
      faults: ['campaignId: no campaign of this app'],
    });
    await host.close();
  });

  test('does not start without a usable key', async () => {
    for (const signingKeys of [[], ['too short']]) {
      const starting = startHost(platform, {
        imports: [...(hostDataSource(db.url) ?? []), ShareIntentsModule.forRoot({ signingKeys })],
      });
      await expect(starting).rejects.toThrow(SigningKeysError);
    }
  });
});

test('a host that passes on what it was sent is told every field that is wrong', async () => {
  const intents = new ShareIntents(undefined as never, KEYS);
  const request = {
    app: '\0',
    issuedBy: '',
    userId: 1,
    campaignId: 'x',
    contentRef: '',
    expiresInMinutes: -1,
    idempotencyKey: ' ',
    share: null,
  };
  const issuing = intents.issue(request as never);
  await expect(issuing).rejects.toMatchObject({ code: 'KAKAO_SHARE_INTENT_REQUEST' });
  const { faults } = (await issuing.catch((error: unknown) => error)) as IntentRequestError;
  expect(faults.map((fault) => fault.split(':')[0])).toEqual([
    'app',
    'issuedBy',
    'userId',
    'campaignId',
    'contentRef',
    'expiresInMinutes',
    'Idempotency-Key',
    'share',
  ]);
});
