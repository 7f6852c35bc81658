import { randomBytes } from 'node:crypto';
import { presentedKey } from '../../src/kakao/key-ring.js';
import { linesOf, startDistantWeb, type DistantWeb } from '../support/distant-web.js';
import { eventually } from '../support/eventually.js';
import { killServiceProcesses } from '../support/service-process.js';

/** Steps come every few seconds, later after an outage, on a machine that may be busy. */
const STEPS_MS = 60_000;
const TEST_LIMIT_MS = 180_000;
const BODY = '{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"room","user_id":"minji"}';
const QUERY = 'CHAT_TYPE=DirectChat&HASH_CHAT_ID=room-2&user_id=jisoo';
const WARNING = 40;

let web: DistantWeb;

beforeAll(async () => {
  web = await startDistantWeb();
}, TEST_LIMIT_MS);
afterAll(async () => {
  await web.stop();
  await killServiceProcesses();
});

/** Waits for the answer as long as it takes: that it comes at all is what shows that it waits for no database. */
async function statusOf(url: string, key: string, id: string, body?: string): Promise<number> {
  const headers = {
    ...{ Authorization: `KakaoAK ${key}`, 'X-Kakao-Resource-ID': id },
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
  };
  const how = body === undefined ? {} : { method: 'POST', body };
  return (await fetch(url, { headers, ...how })).status;
}

function toldOf(fingerprint: string): { level: number; msg: string }[] {
  return linesOf(web)
    .filter(({ msg }) => msg.includes(`fingerprint ${fingerprint}`))
    .map(({ level, msg }) => ({ level, msg }));
}

test(
  'requests with an unknown key are answered 401 while the database is away, told to the log by fingerprint, and kept as they came once it is back',
  async () => {
    const key = randomBytes(16).toString('hex');
    const fingerprint = presentedKey(`KakaoAK ${key}`)?.fingerprint ?? '';
    const { service, network, db } = web;
    network.hold();
    await eventually(async () => {
      expect(await service.api('/health/ready')).toMatchObject({
        body: { parts: { database: 'unreachable' } },
      });
    }, STEPS_MS);

    const before = new Date();
    expect(await statusOf(service.webhookUrl, key, 'away-post', BODY)).toBe(401);
    expect(await statusOf(`${service.webhookUrl}?${QUERY}`, key, 'away-get')).toBe(401);
    const after = new Date();
    await eventually(() => {
      expect(toldOf(fingerprint)).toMatchObject([{ level: WARNING }]);
    }, STEPS_MS);
    expect(await db.number('SELECT count(*) FROM kakao_share.unknown_keys')).toBe(0);

    network.release();
    await eventually(async () => {
      const { body } = await service.api<{ items: unknown[] }>('/v1/unknown-keys');
      expect(body.items).toMatchObject([{ fingerprint, hits: 2, kept: 2, app: null }]);
    }, STEPS_MS);
    const kept = await db.rows<{ received_at: Date; query: Buffer; body: Buffer }>(
      `SELECT method, resource_id, received_at, query, body FROM kakao_share.unknown_key_requests
       ORDER BY received_at, id`,
    );
    expect(kept).toMatchObject([
      { method: 'POST', resource_id: 'away-post', query: Buffer.alloc(0), body: Buffer.from(BODY) },
      { method: 'GET', resource_id: 'away-get', query: Buffer.from(QUERY), body: Buffer.alloc(0) },
    ]);
    for (const { received_at: receivedAt } of kept) {
      expect(receivedAt.getTime()).toBeGreaterThanOrEqual(before.getTime());
      expect(receivedAt.getTime()).toBeLessThanOrEqual(after.getTime());
    }
    expect(toldOf(fingerprint)).toHaveLength(1);
    expect(service.output()).not.toContain(key);
  },
  TEST_LIMIT_MS,
);
