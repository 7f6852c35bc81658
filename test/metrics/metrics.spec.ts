import { createHash } from 'node:crypto';
import { withHeader } from '../../src/simulator/share-request.js';
import { bearer, apiTokens } from '../operations/management.js';
import { eventually } from '../support/eventually.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  shareBy,
  startTestService,
  untilSettled,
  untilTold,
  type TestService,
} from '../support/test-service.js';
import { post } from '../webhook/door.js';
import { readExposition, type Exposition } from './exposition.js';

const ADMIN_TOKEN = 'token-of-the-administrator-of-all';
/** Labels whose values are fingerprints of keys, words of ours, statuses, numbers of Node's, or names that are configured. */
const LABELS = [
  ...[
    'status',
    'outcome',
    'place',
    'app',
    'fingerprint',
    'verdict',
    'field',
    'destination',
    'part',
    'alarm',
    'le',
  ],
  ...['version', 'major', 'minor', 'patch', 'type', 'kind', 'space', 'quantile'],
];

let db: TestDatabase;
/** The same over the network that can be held. */
let far: TestDatabase;
let network: TcpProxy;
let service: TestService;

beforeAll(async () => {
  db = await createTestDatabase();
  await givenCampaign(db);
  const url = new URL(db.url);
  network = await startTcpProxy(Number(url.port));
  url.port = `${network.port}`;
  far = { ...db, url: url.href };
  service = await startTestService(far, {
    environment: {
      ADMIN_TOKEN,
      API_TOKENS: apiTokens({
        scraper: { scopes: ['read'] },
        shop: { scopes: ['read'], apps: ['shop'] },
      }),
    },
  });
});
afterAll(async () => {
  network.release();
  await service.stop();
  await network.close();
  await db.drop();
});

async function scrape(authorization = bearer('scraper')): Promise<Response> {
  return fetch(`${service.url}/metrics`, { headers: { Authorization: authorization } });
}

async function page(): Promise<Exposition> {
  const response = await scrape();
  expect(response.status).toBe(200);
  return readExposition(await response.text());
}

test('is closed without a token, and to a caller of some apps', async () => {
  expect((await fetch(`${service.url}/metrics`)).status).toBe(401);
  expect((await scrape(bearer('shop'))).status).toBe(403);
  const open = await scrape();
  expect(open.status).toBe(200);
  expect(open.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(open.headers.get('cache-control')).toBe('no-store');
});

test('counts what the door answers and takes in, how deliveries end, and what is left over', async () => {
  await service.share(shareBy('minji'), 'resource-7f3a');
  await service.share(shareBy('minji'), 'resource-7f3a');
  await service.send(post(service, 'unreadable', '{"CHAT_TYPE":'));
  await service.send(withHeader(post(service, 'forged', '{}'), 'Authorization', 'KakaoAK wrong'));
  await untilSettled(far);
  await untilTold(db);
  await eventually(async () => {
    const read = await page();
    const name = 'kakao_share_webhooks_total';
    expect(read.value(name, { app: 'default', outcome: 'accepted', place: 'database' })).toBe(1);
    expect(read.value(name, { app: 'default', outcome: 'duplicate' })).toBe(1);
    expect(read.value(name, { app: 'default', outcome: 'quarantined' })).toBe(1);
    expect(read.value('kakao_share_webhook_answers_total', { status: '200' })).toBe(3);
    expect(read.value('kakao_share_webhook_answers_total', { status: '401' })).toBe(1);
    expect(read.value('kakao_share_webhook_answer_seconds_count')).toBe(3);
    expect(read.value('kakao_share_webhook_answer_seconds_bucket', { le: '+Inf' })).toBe(3);
    expect(read.value('kakao_share_settlements_total', { verdict: 'rewarded' })).toBe(1);
    expect(read.value('kakao_share_settlements_total', { verdict: 'quarantined' })).toBe(1);
    expect(read.value('kakao_share_quarantined_deliveries')).toBe(1);
    expect(read.value('kakao_share_spool_up')).toBe(1);
    expect(read.value('kakao_share_spool_waiting_webhooks')).toBe(0);
    expect(read.value('kakao_share_open_deliveries')).toBe(0);
    expect(read.value('kakao_share_queue_waiting_jobs')).toBe(0);
    expect(read.value('kakao_share_destination_up', { destination: 'bullmq' })).toBe(1);
  });
});

test('shows by fingerprint when each admin key was last used, and what came with keys that no app has', async () => {
  const usedFrom = Date.now() / 1_000;
  await service.share(shareBy('jisoo'), 'resource-9c1e');
  const unknown = 'KakaoAK 0f1e2d3c4b5a69788796a5b4c3d2e1f0';
  await service.send(withHeader(post(service, 'rotated', '{}'), 'Authorization', unknown));
  await eventually(async () => {
    const read = await page();
    const labels = { app: 'default', fingerprint: fingerprintOf(service.adminKey) };
    const lastUsed = read.value('kakao_share_key_last_used_timestamp_seconds', labels);
    expect(lastUsed).toBeGreaterThanOrEqual(usedFrom);
    expect(read.value('kakao_share_unknown_keys')).toBe(1);
    expect(read.value('kakao_share_unknown_key_requests')).toBe(1);
  });
});

function fingerprintOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 8);
}

test('is Prometheus’s text format, with standard names, few labels and nothing of a person or a secret', async () => {
  const text = await (await scrape()).text();
  const { types, samples } = readExposition(text);
  for (const [name, type] of types) {
    if (!name.startsWith('kakao_share_')) continue;
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
    expect(name).not.toMatch(/_(ms|millis\w*|minutes|kib|mib)(_|$)/);
  }
  const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
  expect([...labels].filter((label) => !LABELS.includes(label))).toEqual([]);
  const never = ['minji', 'resource-7f3a', 'unreadable', 'room-of', service.adminKey];
  const { password } = new URL(db.url);
  for (const secret of [...never, ADMIN_TOKEN, 'token-of-scraper', password])
    expect(secret !== '' && text.includes(secret)).toBe(false);
});

test('with a database that is frozen it answers what there is, and says what is missing', async () => {
  await page();
  network.hold();
  await eventually(async () => {
    const frozen = await page();
    expect(frozen.value('kakao_share_scrape_error', { part: 'deliveries' })).toBe(1);
    expect(frozen.value('kakao_share_open_deliveries')).toBeUndefined();
    expect(frozen.value('kakao_share_scrape_error', { part: 'alarms' })).toBe(0);
    expect(
      frozen.value('kakao_share_webhook_answers_total', { status: '200' }),
    ).toBeGreaterThanOrEqual(3);
  });
  network.release();
  network.cut();
  await eventually(async () => {
    const read = await page();
    expect(read.value('kakao_share_scrape_error', { part: 'deliveries' })).toBe(0);
    expect(read.value('kakao_share_open_deliveries')).toBe(0);
  });
}, 180_000);
