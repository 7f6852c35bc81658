import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import express, { type Express } from 'express';
import { WebhookModule } from '../../src/index.js';
import { BODY_TIMEOUT_MS } from '../../src/webhook/read-body.js';
import { rawJson } from '../../src/simulator/share.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { shareBy } from '../support/test-service.js';
import { APPS, hostDataSource, listening, quietLogger, told, webhook, type Host } from './host.js';
import { OrdersController } from './orders.js';

/** A share whose user id no `JSON.parse` survives: rounded it would be somebody else's. */
const LONG_ID = shareBy('', { customParameters: { user_id: rawJson('9007199254740993123') } });
const ACCEPTED = { http: 200, said: 'accepted' };
const QUARANTINED = { http: 200, said: 'quarantined' };

/** Nest cannot stand before what the host's Express application does on its own. */
describe('a host whose Express application reads bodies before Nest is mounted on it', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(async () => {
    await db.drop();
  });

  async function withHost(existing: Express, check: (host: Host) => Promise<void>): Promise<void> {
    const errors: string[] = [];
    const app = await NestFactory.create(
      {
        imports: [
          ...(hostDataSource(db.url) ?? []),
          WebhookModule.forRoot({ apps: APPS, queue: { postgres: { url: db.url } } }),
        ],
        controllers: [OrdersController],
      },
      new ExpressAdapter(existing),
      { abortOnError: false, logger: quietLogger(errors) },
    );
    const host = await listening(app, errors);
    try {
      await check(host);
    } finally {
      await host.close();
    }
  }

  test('and keeps no bytes: nobody is paid, it is kept in quarantine and said aloud once', async () => {
    const existing = express().use(express.json(), express.urlencoded());
    await withHost(existing, async (host) => {
      const first = await host.share(LONG_ID, 'parsed');
      const second = await host.share(LONG_ID, 'parsed again', { encoding: 'form' });
      expect([told(first), told(second)]).toEqual([QUARANTINED, QUARANTINED]);
      expect(JSON.parse(first.body)).toMatchObject({
        problems: [{ field: 'body', problem: expect.stringContaining('kept no bytes') as string }],
      });
      expect(host.errors.filter((error) => error.includes('rawBody'))).toHaveLength(1);
      expect(first.latencyMs).toBeLessThan(BODY_TIMEOUT_MS);
      // A GET says everything in its query; the key is asked for all the same.
      expect(told(await host.share(shareBy('a'), 'query', { method: 'GET' }))).toEqual(ACCEPTED);
      expect((await host.share(LONG_ID, 'wrong', { adminKey: 'wrong' })).status).toBe(401);
      const order = '{"item":"tea","quantity":2}';
      const own = await host.send({ ...webhook(order, 'own'), url: '/orders' });
      expect(JSON.parse(own.body)).toMatchObject({ body: JSON.parse(order) as object });
    });
  });

  test('and keeps them as rawBody: they are what counts', async () => {
    const verify = (request: object, _: unknown, bytes: Buffer): void => {
      Object.assign(request, { rawBody: bytes });
    };
    await withHost(express().use(express.json({ verify })), async (host) => {
      expect(told(await host.share(LONG_ID, 'kept'))).toEqual(ACCEPTED);
      const [kept] = await db.rows<{ body: Buffer }>(
        `SELECT body FROM kakao_share.deliveries WHERE resource_id = 'kept'`,
      );
      expect(kept?.body.toString()).toContain('"user_id":9007199254740993123');
      const large = `{"user_id":"${'x'.repeat(65 * 1024)}"}`;
      expect((await host.send(webhook(large, 'too large'))).status).toBe(413);
    });
  });

  test('and makes text of them: what may have lost bytes is not trusted', async () => {
    const existing = express().use((request, _, next) => {
      request.setEncoding('latin1');
      next();
    });
    await withHost(existing, async (host) => {
      expect(told(await host.share(LONG_ID, 'text'))).toEqual(QUARANTINED);
    });
  });

  test('and reads ours only elsewhere: nothing stands in the way', async () => {
    await withHost(express().use('/orders', express.json()), async (host) => {
      expect(told(await host.share(LONG_ID, 'elsewhere'))).toEqual(ACCEPTED);
      expect(host.errors).toEqual([]);
    });
  });
});
