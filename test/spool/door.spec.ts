import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { KAKAO_LIMIT_MS } from '../../src/simulator/send.js';
import { withinAwake } from '../support/awake-clock.js';
import { eventually } from '../support/eventually.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  shareBy,
  startTestService,
  untilSettled,
  type TestService,
} from '../support/test-service.js';
import { readExposition, type Exposition } from '../metrics/exposition.js';
import { post, read } from '../webhook/door.js';

interface Ready {
  status: string;
  parts: { database: string; spool: string };
}

let db: TestDatabase;
/** Stands between the service and the database. */
let proxy: TcpProxy;
/** The database as the service finds it. */
let far: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
  await givenCampaign(db);
  proxy = await startTcpProxy(Number(new URL(db.url).port));
  const url = new URL(db.url);
  url.port = `${proxy.port}`;
  far = { ...db, url: url.href };
});
afterEach(async () => {
  await proxy.close();
  await db.drop();
});

/** @returns the ids of the deliveries, as answered */
async function expectAcceptedInTime(
  service: TestService,
  ids: readonly string[],
): Promise<string[]> {
  const answering = Promise.all(ids.map((id) => service.share(shareBy(id), id)));
  const answers = await withinAwake(KAKAO_LIMIT_MS, answering);
  for (const answer of answers) expect(read(answer).status).toBe('accepted');
  return answers.map((answer) => read(answer).deliveryId);
}

async function expectSettledOnce(ids: readonly string[]): Promise<void> {
  await eventually(async () => {
    const kept = await db.number('SELECT count(*) FROM kakao_share.delivery_keys');
    if (kept < ids.length) throw new Error(`${kept} of ${ids.length} are in the database.`);
  }, 30_000);
  await untilSettled(db, 30_000);
  const rows = await db.rows<{ resource_id: string; verdict: string }>(
    `SELECT resource_id, verdict FROM kakao_share.deliveries d JOIN kakao_share.decisions c ON c.delivery_id = d.id
     ORDER BY resource_id`,
  );
  expect(rows).toEqual([...ids].sort().map((id) => ({ resource_id: id, verdict: 'rewarded' })));
}

async function metricsOf({ url, adminToken }: TestService): Promise<Exposition> {
  const headers = { Authorization: `Bearer ${adminToken}` };
  return readExposition(await (await fetch(`${url}/metrics`, { headers })).text());
}

const numbered = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name}-${index}`);

test('a door whose database is not there at the start opens, accepts in time, and all is settled once it comes', async () => {
  const name = new URL(db.url).pathname.slice(1);
  const other = await createTestDatabase();
  await other.rows(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  const service = await startTestService(far);
  try {
    const firsts = await expectAcceptedInTime(service, numbered('absent', 5));
    // A repeat cannot be proven: it is accepted too, and found when it is committed.
    const repeats = await expectAcceptedInTime(service, ['absent-0']);
    // Under an id of its own nobody would ever find anything.
    expect(repeats).toEqual(firsts.slice(0, 1));
    await eventually(async () => {
      expect(await service.api<Ready>('/health/ready')).toMatchObject({
        status: 200,
        body: { status: 'degraded', parts: { database: 'unreachable', spool: 'in-use' } },
      });
    });
    await other.rows(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    await expectSettledOnce(numbered('absent', 5));
    const stored = await db.rows<{ id: string }>(
      'SELECT id FROM kakao_share.deliveries ORDER BY resource_id',
    );
    expect(stored.map(({ id }) => id)).toEqual(firsts);
  } finally {
    await service.stop();
    await other.drop();
  }
}, 180_000);

test('a door whose database freezes accepts in time, a slow body and a bare GET included, and all is settled afterwards', async () => {
  const service = await startTestService(far);
  try {
    await expectAcceptedInTime(service, ['before']);
    proxy.hold();
    await expectAcceptedInTime(service, numbered('frozen', 20));
    const getting = service.share(shareBy('frozen-get'), 'frozen-get', { method: 'GET' });
    expect(read(await withinAwake(KAKAO_LIMIT_MS, getting)).status).toBe('accepted');
    expect(await sendSlowly(service, 'frozen-slow')).toContain('"accepted"');
    proxy.release();
    await expectSettledOnce(['before', ...numbered('frozen', 20), 'frozen-get', 'frozen-slow']);
  } finally {
    proxy.release();
    await service.stop();
  }
}, 180_000);

/** A 408 says that this machine was even slower than it was meant to be. */
async function sendSlowly(service: TestService, id: string): Promise<string> {
  let answer = '';
  for (let tries = 0; tries < 5; tries++) {
    answer = await sendSlowlyOnce(service, id);
    if (!answer.startsWith('HTTP/1.1 408 ')) break;
  }
  return answer;
}

/** A body that takes most of the time that Kakao gives; the answer must come within it all the same. */
async function sendSlowlyOnce(service: TestService, id: string): Promise<string> {
  const body = JSON.stringify({
    ...{ CHAT_TYPE: 'DirectChat', HASH_CHAT_ID: 'room', user_id: id },
  });
  const { hostname, port, pathname } = new URL(service.webhookUrl);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  const answer = withinAwake(KAKAO_LIMIT_MS, text(socket));
  socket.write(
    `POST ${pathname} HTTP/1.1\r\nHost: door\r\nAuthorization: KakaoAK ${service.adminKey}\r\n` +
      `X-Kakao-Resource-ID: ${id}\r\nContent-Type: application/json\r\nConnection: close\r\n` +
      `Content-Length: ${body.length}\r\n\r\n`,
  );
  for (const byte of body.slice(0, -1)) socket.write(byte);
  const last = setTimeout(() => socket.write(body.slice(-1)), 1_700);
  try {
    return await answer;
  } finally {
    clearTimeout(last);
    socket.destroy();
  }
}

test('503 is the answer only when the spool is full too; both are told, and end', async () => {
  const service = await startTestService(far, { environment: { SPOOL_MAX_BYTES: '1048576' } });
  const large = (id: string): Promise<number> =>
    service
      .send(post(service, id, JSON.stringify({ user_id: id, padding: 'x'.repeat(60_000) })))
      .then(({ status }) => status);
  try {
    expect(await large('before')).toBe(200);
    proxy.hold();
    const statuses = await Promise.all(numbered('large', 30).map(large));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(10);
    expect(statuses).toContain(503);
    expect(await service.api<Ready>('/health/ready')).toMatchObject({
      status: 503,
      body: { status: 'unavailable', parts: { spool: 'full' } },
    });
    const full = await metricsOf(service);
    expect(full.value('kakao_share_webhook_answers_total', { status: '503' })).toBe(
      statuses.filter((status) => status === 503).length,
    );
    expect(full.value('kakao_share_spool_up')).toBe(0);
    proxy.release();
    await eventually(async () => {
      expect(await large('after')).toBe(200);
      expect((await service.api<Ready>('/health/ready')).body.parts.spool).toBe('ok');
    }, 40_000);
    expect((await metricsOf(service)).value('kakao_share_spool_up')).toBe(1);
  } finally {
    proxy.release();
    await service.stop();
  }
}, 180_000);

test('a door whose schema lacks our tables keeps webhooks until they are there', async () => {
  const service = await startTestService(far);
  try {
    await db.rows('ALTER TABLE kakao_share.delivery_keys RENAME TO not_there_yet');
    await expectAcceptedInTime(service, ['unmigrated']);
    await db.rows('ALTER TABLE kakao_share.not_there_yet RENAME TO delivery_keys');
    await expectSettledOnce(['unmigrated']);
  } finally {
    await service.stop();
  }
}, 180_000);

test('what cannot be understood is kept as well, and answered quarantined', async () => {
  const service = await startTestService(far);
  try {
    proxy.hold();
    const answer = read(await service.send(post(service, 'broken', '{"user_id":')));
    expect(answer.status).toBe('quarantined');
    proxy.release();
    await eventually(async () => {
      expect(
        await db.rows('SELECT verdict FROM kakao_share.decisions WHERE delivery_id = $1', [
          answer.deliveryId,
        ]),
      ).toEqual([{ verdict: 'quarantined' }]);
    }, 30_000);
  } finally {
    proxy.release();
    await service.stop();
  }
}, 180_000);
