import { randomBytes } from 'node:crypto';
import { call } from '../operations/management.js';
import {
  killServiceProcesses,
  startServiceProcess,
  type ServiceProcess,
} from '../support/service-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, serviceEnvironment } from '../support/test-service.js';
import { listen } from './status-events.js';

const KEY = `PRIVATE-SIGNING-KEY-${randomBytes(16).toString('hex')}`;
const USER = 'PRIVATE-USER-5711';
const CONTENT = 'PRIVATE-CONTENT-5712';
const TYPED = 'PRIVATE-TYPED-5713';
const IDEMPOTENCY = 'PRIVATE-KEY-5714';
const WARNING = 'set INTENT_SIGNING_KEYS';

let db: TestDatabase;
let campaignId: string;

beforeAll(async () => {
  db = await createTestDatabase();
  campaignId = await givenCampaign(db);
});
afterAll(async () => {
  await killServiceProcesses();
  await db.drop();
});

async function start(settings: Record<string, string>): Promise<[ServiceProcess, string]> {
  const base = serviceEnvironment(db);
  const environment = { ...base, LOG_LEVEL: 'trace', ROLES: 'web', ...settings };
  return [await startServiceProcess(environment), `Bearer ${base.ADMIN_TOKEN ?? ''}`];
}

test('logs at their most talkative hold no token, no signing key, no user, no content', async () => {
  const [service, admin] = await start({ INTENT_SIGNING_KEYS: KEY });
  const issue = async (request: object, headers = {}) =>
    call<{ token: string }>(service, '/v1/share-intents', admin, {
      method: 'POST',
      body: JSON.stringify({ userId: USER, campaignId, contentRef: CONTENT, ...request }),
      headers,
    });
  const { token } = (await issue({}, { 'Idempotency-Key': IDEMPOTENCY })).body;
  await issue({ contentRef: TYPED }, { 'Idempotency-Key': IDEMPOTENCY });
  await issue({ [TYPED]: 1 });
  await issue({ share: { function: TYPED } });
  const page = await listen(service.url, token);
  await page.next();
  const ask = async (path: string, header: string) =>
    fetch(`${service.url}${path}`, { headers: { 'X-Share-Intent': header } });
  await ask('/share-status', token);
  await ask('/share-status', `${token}${TYPED}`);
  await ask(`/share-status?token=${token}`, TYPED);
  // Faults of the database, while a page listens too.
  await db.rows('ALTER TABLE kakao_share.share_intents RENAME COLUMN content_ref TO away');
  await issue({});
  await db.rows('ALTER TABLE kakao_share.share_intents RENAME COLUMN away TO content_ref');
  await db.rows('ALTER TABLE kakao_share.campaign_rewards RENAME COLUMN intent_id TO away');
  expect((await ask('/share-status', token)).status).toBe(500);
  await db.rows('ALTER TABLE kakao_share.campaign_rewards RENAME COLUMN away TO intent_id');
  await service.end('SIGTERM');
  const output = service.output();
  for (const path of ['"path":"/share-status"', '"path":"/v1/share-intents"'])
    expect(output).toContain(path);
  expect(output).not.toContain(WARNING);
  const secrets = [token, token.split('.')[2] ?? '', KEY, USER, CONTENT, TYPED, IDEMPOTENCY, '?'];
  const leaks = output
    .split('\n')
    .filter((line) => secrets.some((secret) => line.includes(secret)));
  expect(leaks).toEqual([]);
});

test('a web without signing keys warns once, a worker without them says what it leaves to others', async () => {
  const [web, admin] = await start({});
  for (let times = 0; times < 3; times++) {
    const body = JSON.stringify({ userId: USER, campaignId });
    const answer = await call(web, '/v1/share-intents', admin, { method: 'POST', body });
    expect(answer.status).toBe(503);
  }
  await web.end('SIGTERM');
  expect(web.output().split(WARNING)).toHaveLength(2);
  const [worker] = await start({ ROLES: 'worker' });
  await worker.end('SIGTERM');
  expect(worker.output()).not.toContain(WARNING);
  expect(worker.output()).toContain('left to workers with INTENT_SIGNING_KEYS');
});

test('a start with a key that is too short names the setting and shows no key', async () => {
  const starting = start({ INTENT_SIGNING_KEYS: 'PRIVATE-SHORT' });
  await expect(starting).rejects.toThrow(/INTENT_SIGNING_KEYS/);
  await expect(starting).rejects.not.toThrow('PRIVATE-SHORT');
});
