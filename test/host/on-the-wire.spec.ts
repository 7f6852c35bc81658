import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { WebhookModule } from '../../src/index.js';
import { KAKAO_LIMIT_MS } from '../../src/simulator/send.js';
import { withinAwake } from '../support/awake-clock.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { shareBy } from '../support/test-service.js';
import {
  ADMIN_KEY,
  APPS,
  hostDataSource,
  PATH,
  PLATFORMS,
  startHost,
  told,
  webhook,
  type Host,
} from './host.js';
import { OrdersController } from './orders.js';

const BODY = '{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"room","user_id":"minji"}';

describe.each(PLATFORMS)('a host on %s', (platform) => {
  let db: TestDatabase;
  let host: Host;

  beforeAll(async () => {
    db = await createTestDatabase();
    host = await startHost(platform, {
      imports: [
        ...(hostDataSource(db.url) ?? []),
        WebhookModule.forRoot({ apps: APPS, queue: { postgres: { url: db.url } } }),
      ],
      controllers: [OrdersController],
    });
  });
  afterAll(async () => {
    await host.close();
    await db.drop();
  });

  /** Sends the head of a webhook, and gives the socket for the rest. */
  function begin(
    resourceId: string,
    headers: readonly string[],
    { line = `POST ${PATH}`, adminKey = ADMIN_KEY } = {},
  ): Socket {
    const { hostname, port } = new URL(host.url);
    const socket = connect(Number(port), hostname);
    const lines = [
      `${line} HTTP/1.1`,
      'Host: host.example',
      `Authorization: KakaoAK ${adminKey}`,
      `X-Kakao-Resource-ID: ${resourceId}`,
      'Content-Type: application/json',
      ...headers,
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    return socket;
  }

  const stored = (resourceId: string): Promise<number> =>
    db.number('SELECT count(*) FROM kakao_share.delivery_keys WHERE resource_id = $1', [
      resourceId,
    ]);

  test('tells a sender that asks first to go on', async () => {
    const socket = begin('asks', [
      `Content-Length: ${BODY.length}`,
      'Expect: 100-continue',
      'Connection: close',
    ]);
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1.1 100 /);
    socket.write(BODY);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 [^]*"accepted"/);
  });

  test.each([
    ['a whole URL', `http://host.example${PATH}`],
    ['a whole URL in capitals with a slash and a query', `http://HOST.EXAMPLE:80${PATH}/?a=b`],
    ['a fragment', `${PATH}#fragment?a=b`],
  ])('opens its door to %s, and to the right key alone', async (name, target) => {
    const headers = [`Content-Length: ${BODY.length}`, 'Connection: close'];
    const taken = begin(name, headers, { line: `POST ${target}` });
    taken.write(BODY);
    expect(await text(taken)).toMatch(/^HTTP\/1.1 200 [^]*"accepted"/);
    const refused = begin(name, headers, { line: `POST ${target}`, adminKey: 'wrong' });
    expect(await text(refused)).toMatch(/^HTTP\/1.1 401 [^]*WWW-Authenticate/i);
  });

  test('reads the query of a GET that names a whole URL', async () => {
    const query = 'CHAT_TYPE=DirectChat&HASH_CHAT_ID=room&user_id=minji';
    const line = `GET http://host.example${PATH}?${query}`;
    const socket = begin('whole-get', ['Connection: close'], { line });
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 [^]*"accepted"/);
  });

  test('answers a GET that would be content with what it has 200, never 304', async () => {
    const query = 'CHAT_TYPE=DirectChat&HASH_CHAT_ID=room&user_id=minji';
    const conditions = ['If-None-Match: *', 'If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT'];
    const socket = begin('conditional', [...conditions, 'Connection: close'], {
      line: `GET ${PATH}?${query}`,
    });
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 [^]*"accepted"/);
  });

  test('takes a body that comes in chunks and pieces', async () => {
    const socket = begin('pieces', [
      'Transfer-Encoding: chunked',
      'Expect: 100-continue',
      'Connection: close',
    ]);
    await once(socket, 'data');
    for (const piece of [BODY.slice(0, 20), BODY.slice(20)]) {
      await new Promise((sent) =>
        socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`, sent),
      );
    }
    socket.write('0\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 200 [^]*"accepted"/);
  });

  test('stores nothing of a webhook that breaks off, and goes on', async () => {
    const socket = begin('breaks off', ['Content-Length: 1000', 'Expect: 100-continue']);
    await once(socket, 'data');
    await new Promise((sent) => socket.write(BODY, sent));
    socket.destroy();
    expect(told(await host.share(shareBy('minji'), 'the next one')).said).toBe('accepted');
    expect(await stored('breaks off')).toBe(0);
    expect(host.errors).toEqual([]);
  });

  test('gives up on a body that does not come, within the 3 s that Kakao waits', async () => {
    const socket = begin('slow', ['Content-Length: 1000']);
    socket.write(BODY);
    expect(await withinAwake(KAKAO_LIMIT_MS, text(socket))).toMatch(/^HTTP\/1.1 408 /);
  });

  test('refuses a body far over the limit, and the sender gets to know', async () => {
    const answer = await host.send(webhook('x'.repeat(8_000_000), 'far too large'));
    expect(answer.status).toBe(413);
  });

  test('counts two keys as none', async () => {
    const request = webhook(BODY, 'two keys');
    const both = [`KakaoAK ${ADMIN_KEY}`, `KakaoAK ${ADMIN_KEY}`];
    const answer = await host.send({
      ...request,
      headers: { ...request.headers, Authorization: both },
    });
    expect(answer.status).toBe(401);
  });
});
