import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { presentedKey } from '../../src/kakao/key-ring.js';
import { withHeader, type PreparedRequest } from '../../src/simulator/share-request.js';
import { apiTokens, bearer, call } from '../operations/management.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  startTestService,
  untilSettled,
  type TestService,
} from '../support/test-service.js';
import { get, post } from '../webhook/door.js';

const BODY = '{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"room","user_id":"minji"}';
const TEST_LIMIT_MS = 180_000;
const REASON = JSON.stringify({ reason: 'the rotation went wrong' });

interface UnknownKeyBody {
  readonly fingerprint: string;
  readonly hits: number;
  readonly kept: number;
  readonly app: string | null;
  readonly replayedAt: string | null;
}

const newKey = (): string => randomBytes(16).toString('hex');
const printOf = (key: string): string => presentedKey(`KakaoAK ${key}`)?.fingerprint ?? '';
const withKey = (key: string, request: PreparedRequest): PreparedRequest =>
  withHeader(request, 'Authorization', `KakaoAK ${key}`);

describe('requests in Kakao’s shape with a key that no app has', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kakao-share-unknown-'));
  const file = path.join(folder, 'apps.json');
  const shopKey = newKey();
  const environment = {
    KAKAO_APPS_FILE: file,
    ADMIN_TOKEN: newKey(),
    KAKAO_ADMIN_KEYS: newKey(),
    API_TOKENS: apiTokens({
      reader: { scopes: ['read'] },
      'shop-operator': { scopes: ['operate', 'read'], apps: ['shop'] },
    }),
  };
  const seen: string[] = [];
  let db: TestDatabase;
  let service: TestService;

  beforeAll(async () => {
    db = await createTestDatabase();
    await givenCampaign(db, {}, 'shop');
    rotate({ shop: [shopKey] });
    service = await startTestService(db, { environment });
  }, TEST_LIMIT_MS);
  afterAll(async () => {
    await service.stop();
    await db.drop();
    rmSync(folder, { recursive: true });
  });

  function rotate(apps: object): void {
    writeFileSync(`${file}.new`, JSON.stringify(apps));
    renameSync(`${file}.new`, file);
  }

  function unknownKey(): string {
    const key = newKey();
    seen.push(key);
    return key;
  }

  async function listed(key: string): Promise<UnknownKeyBody | undefined> {
    const { body } = await service.api<{ items: UnknownKeyBody[] }>('/v1/unknown-keys');
    return body.items.find(({ fingerprint }) => fingerprint === printOf(key));
  }

  async function untilListed(key: string, expected: Partial<UnknownKeyBody>): Promise<void> {
    await eventually(async () => {
      expect(await listed(key)).toMatchObject(expected);
    }, 30_000);
  }

  /** Sends a head, waits for the whole answer, and only then sends the body. */
  async function answerBeforeBody(
    key: string,
    resourceId: string,
    headers: string,
  ): Promise<string> {
    const { socket, answer, closed } = await sendHead(key, resourceId, headers);
    socket.write(BODY);
    await closed;
    return answer;
  }

  async function sendHead(
    key: string,
    resourceId: string,
    headers: string,
  ): Promise<{ socket: Socket; answer: string; closed: Promise<unknown> }> {
    const { hostname, port, pathname } = new URL(service.webhookUrl);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    const closed = once(socket, 'close').catch(() => undefined);
    let answer = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
    socket.write(
      `POST ${pathname} HTTP/1.1\r\nHost: door\r\nAuthorization: KakaoAK ${key}\r\nX-Kakao-Resource-ID: ${resourceId}\r\n` +
        `Content-Type: application/json\r\n${headers}\r\n`,
    );
    await eventually(() => {
      expect(answer).toMatch(/\r\n\r\n\{.*\}$/s);
    });
    return { socket, answer, closed };
  }

  test(
    'are answered like any other 401, before their body has come, which is kept all the same',
    async () => {
      const key = unknownKey();
      const headers = `Content-Length: ${BODY.length}\r\nConnection: close\r\n`;
      const told = (await answerBeforeBody(key, 'late-body', headers)).replace(/Date: .*/, '');
      const guess = (await answerBeforeBody('guess', 'guessed', headers)).replace(/Date: .*/, '');
      expect(told).toBe(guess);
      expect(told).toMatch(/^HTTP\/1.1 401 /);
      await untilListed(key, { hits: 1, kept: 1 });
      const [kept] = await db.rows<{ body: Buffer; headers: object }>(
        `SELECT body, headers FROM kakao_share.unknown_key_requests WHERE resource_id = 'late-body'`,
      );
      expect(kept?.body.toString()).toBe(BODY);
      expect(Object.keys(kept?.headers ?? {}).sort()).toEqual([
        'content-type',
        'x-kakao-resource-id',
      ]);
    },
    TEST_LIMIT_MS,
  );

  test(
    'survive a restart, and become deliveries of when they came, once an app has the key; done again, duplicates',
    async () => {
      const key = unknownKey();
      const before = new Date();
      const requests = [
        post(service, 'rotated-1', BODY),
        get(service, 'rotated-2', 'CHAT_TYPE=DirectChat&HASH_CHAT_ID=room-2&user_id=minji'),
        post(service, 'rotated-3', BODY.slice(0, -1)),
        post(service, 'rotated-1', BODY),
      ];
      for (const request of requests)
        expect((await service.send(withKey(key, request))).status).toBe(401);
      const after = new Date();
      await service.stop();
      service = await startTestService(db, { environment });
      await untilListed(key, { hits: 4, kept: 4, app: null });

      const route = `/v1/unknown-keys/${printOf(key)}/replay`;
      const replay = (): ReturnType<typeof service.api> =>
        service.api(route, { method: 'POST', body: REASON });
      const refused = await replay();
      expect(refused.status).toBe(409);
      expect(JSON.stringify(refused.body)).toContain('put it in force');

      rotate({ shop: [shopKey, key] });
      await untilListed(key, { app: 'shop' });
      expect(await replay()).toEqual({
        status: 200,
        body: { accepted: 2, duplicate: 1, quarantined: 1 },
      });
      await untilSettled(db);
      const deliveries = await db.rows<{ app: string; received_at: Date; key_fingerprint: string }>(
        `SELECT app, received_at, key_fingerprint FROM kakao_share.deliveries WHERE resource_id LIKE 'rotated-%'`,
      );
      expect(deliveries).toHaveLength(3);
      for (const { app, received_at: receivedAt, key_fingerprint: fingerprint } of deliveries) {
        expect([app, fingerprint]).toEqual(['shop', printOf(key)]);
        expect(receivedAt.getTime()).toBeGreaterThanOrEqual(before.getTime());
        expect(receivedAt.getTime()).toBeLessThanOrEqual(after.getTime());
      }
      const user = await service.api('/v1/users/minji?app=shop');
      expect(user.body).toMatchObject({ balances: { available: 200 } });
      expect((await replay()).body).toEqual({ accepted: 0, duplicate: 4, quarantined: 0 });
      const audits = await db.rows(
        `SELECT actor, app, action, target, reason FROM kakao_share.audit WHERE action LIKE 'unknown-key.%'`,
      );
      const audit = { actor: 'admin', app: 'shop', action: 'unknown-key.replay' };
      const why = { target: printOf(key), reason: 'the rotation went wrong' };
      expect(audits).toEqual([
        { ...audit, ...why },
        { ...audit, ...why },
      ]);
      expect(await listed(key)).toMatchObject({ replayedAt: expect.any(String) as string });
    },
    TEST_LIMIT_MS,
  );

  test(
    'are forgotten when an operator says so, and nobody else may see or touch them',
    async () => {
      const key = unknownKey();
      await service.send(withKey(key, post(service, 'to-forget', BODY)));
      await untilListed(key, { kept: 1 });
      const route = `/v1/unknown-keys/${printOf(key)}`;
      for (const name of ['reader', 'shop-operator']) {
        expect((await call(service, '/v1/unknown-keys', bearer(name))).status).toBe(403);
        for (const [method, below] of [
          ['POST', '/replay'],
          ['DELETE', ''],
        ] as const) {
          const how = { method, body: REASON };
          expect((await call(service, `${route}${below}`, bearer(name), how)).status).toBe(403);
        }
      }
      const admin = { Authorization: `Bearer ${environment.ADMIN_TOKEN}` };
      const headers = { ...admin, 'Content-Type': 'application/json' };
      const forget = (): Promise<Response> =>
        fetch(`${service.url}${route}`, { method: 'DELETE', headers, body: REASON });
      expect((await forget()).status).toBe(204);
      expect((await forget()).status).toBe(404);
      expect(await listed(key)).toBeUndefined();
      const left = await db.number(
        `SELECT count(*) FROM kakao_share.unknown_key_requests WHERE resource_id = 'to-forget'`,
      );
      expect(left).toBe(0);
    },
    TEST_LIMIT_MS,
  );

  test('are not even counted without a resource id, with a key that is far too short, in another scheme or by another method', async () => {
    const count = (): Promise<number> =>
      db.number('SELECT sum(hits) FROM kakao_share.unknown_keys');
    const marker = unknownKey();
    await service.send(withKey(marker, post(service, 'marker', BODY)));
    await untilListed(marker, { hits: 1 });
    const before = await count();
    const whole = post(service, 'spoilt', BODY);
    for (const spoilt of [
      withKey(newKey(), withHeader(whole, 'X-Kakao-Resource-ID', '')),
      withHeader(whole, 'Authorization', 'KakaoAK short'),
      withHeader(whole, 'Authorization', `Bearer ${newKey()}`),
      withKey(newKey(), { ...whole, method: 'PUT' }),
    ])
      await service.send(spoilt);
    await service.send(withKey(marker, post(service, 'marker-2', BODY)));
    await untilListed(marker, { hits: 2 });
    expect(await count()).toBe(before + 1);
  });

  test(
    'with bodies that never come, or are too large, hold up nobody: whoever takes longest gives way',
    async () => {
      const slow = unknownKey();
      const heads = await Promise.all(
        Array.from({ length: 150 }, (_, index) =>
          sendHead(slow, `slow-${index}`, 'Content-Length: 9999\r\n'),
        ),
      );
      for (const { answer } of heads) expect(answer).toMatch(/^HTTP\/1.1 401 /);
      const large = unknownKey();
      const tooLarge = post(service, 'too-large', `{"x":"${'x'.repeat(20_000)}"}`);
      expect((await service.send(withKey(large, tooLarge))).status).toBe(401);
      const genuine = unknownKey();
      await service.send(withKey(genuine, post(service, 'prompt', BODY)));
      await untilListed(genuine, { hits: 1, kept: 1 });
      await untilListed(large, { hits: 1, kept: 0 });
      await untilListed(slow, { hits: 150, kept: 0 });
      for (const { socket } of heads) socket.destroy();
    },
    TEST_LIMIT_MS,
  );

  test('leave their key in no table and in no answer', async () => {
    expect(seen.length).toBeGreaterThan(5);
    const tables = await db.rows<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
       WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`,
    );
    expect(tables.length).toBeGreaterThan(20);
    // Bytes are shown as hex digits.
    const written = seen.flatMap((key) => [key, Buffer.from(key).toString('hex')]);
    for (const { name } of tables) {
      const found = await db.number(
        `SELECT count(*) FROM ${name} AS r, unnest($1::text[]) AS written (text) WHERE strpos(r::text, written.text) > 0`,
        [written],
      );
      expect([name, found]).toEqual([name, 0]);
    }
    for (const route of ['/v1/keys', '/v1/unknown-keys', '/v1/deliveries']) {
      const answer = JSON.stringify((await service.api(route)).body);
      expect(seen.filter((key) => answer.includes(key))).toEqual([]);
    }
  });
});
