import { ValidationPipe, type NestApplicationOptions } from '@nestjs/common';
import { Agent, request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { SettlementModule, WebhookModule } from '../../src/index.js';
import { withHeader, type PreparedRequest } from '../../src/simulator/share-request.js';
import { rawJson } from '../../src/simulator/share.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, shareBy, untilSettled } from '../support/test-service.js';
import {
  APPS,
  hostDataSource,
  PATH,
  PLATFORMS,
  startHost,
  told,
  webhook,
  type Configure,
  type Host,
} from './host.js';
import { OrdersController } from './orders.js';

const USER_ID = '9007199254740993123';

const HABITS: readonly {
  habit: string;
  options?: NestApplicationOptions;
  configure?: Configure;
}[] = [
  { habit: 'the default parser' },
  { habit: 'rawBody', options: { rawBody: true } },
  { habit: 'bodyParser: false', options: { bodyParser: false } },
  {
    habit: 'a pipe that forbids what a DTO does not name',
    configure: (app) => {
      app.useGlobalPipes(
        new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
      );
    },
  },
];

describe.each(PLATFORMS)('a host on %s', (platform) => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
    await givenCampaign(db);
  });
  afterAll(async () => {
    await db.drop();
  });

  describe.each(HABITS)('with $habit', ({ habit, options, configure }) => {
    let host: Host;
    const idOf = (name: string): string => `${name}, ${habit}`;

    beforeAll(async () => {
      const queue = { postgres: { url: db.url } };
      const imports = [
        ...(hostDataSource(db.url) ?? []),
        WebhookModule.forRoot({ apps: APPS, queue }),
        SettlementModule.forRoot({ queue }),
      ];
      host = await startHost(
        platform,
        { imports, controllers: [OrdersController] },
        configure,
        options,
      );
    });
    afterAll(async () => {
      await host.close();
    });

    test('its own routes answer as they do without us', async () => {
      const without = await startHost(
        platform,
        { controllers: [OrdersController] },
        configure,
        options,
      );
      try {
        expect(await answersOf(host)).toEqual(await answersOf(without));
      } finally {
        await without.close();
      }
    });

    test('a numeric user id of 19 digits arrives to the last digit, and is paid', async () => {
      const share = shareBy('', {
        customParameters: { user_id: rawJson(USER_ID) },
        hashChatId: idOf('room'),
      });
      expect(told(await host.share(share, idOf('long-id')))).toEqual({
        http: 200,
        said: 'accepted',
      });
      await untilSettled(db);
      const [settled] = await db.rows(
        `SELECT u.user_id, s.custom::text AS custom, c.verdict
         FROM kakao_share.delivery_keys k
         JOIN kakao_share.shares s ON s.id = k.delivery_id
         JOIN kakao_share.users u ON u.id = s.user_ref
         JOIN kakao_share.decisions c ON c.delivery_id = k.delivery_id
         WHERE k.resource_id = $1`,
        [idOf('long-id')],
      );
      expect(settled).toEqual({
        user_id: USER_ID,
        custom: `{"user_id":${USER_ID}}`,
        verdict: 'rewarded',
      });
    });

    test.each([
      ['broken JSON', '{"CHAT_TYPE":"DirectChat",'],
      ['no body', ''],
      ['JSON that is no object', '[1,2]'],
    ])('%s is taken in as it is, for quarantine', async (name, body) => {
      const answer = await host.send(webhook(body, idOf(name)));
      expect(told(answer)).toEqual({ http: 200, said: 'quarantined' });
      await untilSettled(db);
      const [kept] = await db.rows<{ body: Buffer; verdict: string }>(
        `SELECT d.body, c.verdict FROM kakao_share.deliveries d JOIN kakao_share.decisions c ON c.delivery_id = d.id
         WHERE d.resource_id = $1`,
        [idOf(name)],
      );
      expect({ body: kept?.body.toString(), verdict: kept?.verdict }).toEqual({
        body,
        verdict: 'quarantined',
      });
    });

    test('a wrong key is refused, nothing is stored, and the connection goes on', async () => {
      const before = await db.number('SELECT count(*) FROM kakao_share.deliveries');
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const wrong = webhook('{"user_id":1}', idOf('wrong'), { adminKey: 'w'.repeat(32) });
      const refused = await overOneSocket(agent, host, wrong);
      const own = { method: 'GET', url: '/orders', headers: {} };
      const next = await overOneSocket(agent, host, own);
      agent.destroy();
      expect(refused).toEqual({ status: 401, reused: false });
      expect(next).toEqual({ status: 200, reused: true });
      expect(await db.number('SELECT count(*) FROM kakao_share.deliveries')).toBe(before);
    });

    test('GET and form are taken in like JSON', async () => {
      const get = await host.share(shareBy('get'), idOf('get'), { method: 'GET' });
      const form = await host.share(shareBy('form'), idOf('form'), { encoding: 'form' });
      expect([told(get), told(form)]).toEqual([
        { http: 200, said: 'accepted' },
        { http: 200, said: 'accepted' },
      ]);
      const repeat = await host.share(shareBy('get'), idOf('get'), { method: 'GET' });
      expect(told(repeat)).toEqual({ http: 200, said: 'duplicate' });
    });

    test('a trailing slash is the same door', async () => {
      const answer = await host.share(shareBy('slash'), idOf('slash'), { path: `${PATH}/` });
      const get = await host.share(shareBy('slash'), idOf('slash-get'), {
        path: `${PATH}/`,
        method: 'GET',
      });
      expect([told(answer), told(get)]).toEqual([
        { http: 200, said: 'accepted' },
        { http: 200, said: 'accepted' },
      ]);
    });

    test.each(['HEAD', 'PUT', 'DELETE', 'OPTIONS'])('%s is not allowed', async (method) => {
      const answer = await host.send(webhook('', idOf(method), { method }));
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe('GET, POST');
    });

    test('a body over the limit is refused with 413, told in advance or not', async () => {
      const announced = webhook('x'.repeat(65 * 1024), idOf('too-large'));
      const chunked = withHeader(announced, 'Transfer-Encoding', 'chunked');
      const answers = [await host.send(announced), await host.send(chunked)];
      expect(answers.map(({ status }) => status)).toEqual([413, 413]);
    });
  });
});

/** What the host's own users send: what its parser takes, what it refuses, and what is beyond its limit. */
const OWN_REQUESTS: readonly PreparedRequest[] = [
  order('{"item":"tea","quantity":2}'),
  order('{"item":"tea","quantity":2,"extra":true}'),
  order('{"item":"tea","quantity":9007199254740993123}'),
  order('{"item":'),
  order('item=tea&quantity=2', 'application/x-www-form-urlencoded'),
  order('tea', 'text/plain'),
  order(JSON.stringify({ item: 'x'.repeat(90_000), quantity: 1 })),
  order(JSON.stringify({ item: 'x'.repeat(2_000_000), quantity: 1 })),
  { method: 'GET', url: '/orders?page=2&id=9007199254740993123', headers: {} },
  { method: 'HEAD', url: '/orders', headers: {} },
  { method: 'PUT', url: '/orders', headers: {} },
  { method: 'OPTIONS', url: '/orders', headers: {} },
  { method: 'GET', url: '/nothing-here', headers: {} },
];

function order(body: string, contentType = 'application/json'): PreparedRequest {
  return { method: 'POST', url: '/orders', headers: { 'Content-Type': contentType }, body };
}

async function answersOf(host: Host): Promise<object[]> {
  const answers: object[] = [];
  for (const request of OWN_REQUESTS) {
    const { status, body, headers } = await host.send(request);
    answers.push({ status, body, type: headers['content-type'], allow: headers.allow });
  }
  return answers;
}

/** Sends one request on the agent's only connection, and tells whether it had been used before. */
async function overOneSocket(
  agent: Agent,
  host: Host,
  { method, url, headers, body }: PreparedRequest,
): Promise<{ status: number | undefined; reused: boolean }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${host.url}${url}`, {
      agent,
      method,
      headers: headers as OutgoingHttpHeaders,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      response.resume().on('end', () => {
        resolve({ status: response.statusCode, reused: request.reusedSocket });
      });
    });
    request.end(body);
  });
}
