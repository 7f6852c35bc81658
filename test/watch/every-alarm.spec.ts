import { randomBytes } from 'node:crypto';
import { firstIdAt } from '../../src/database/new-id.js';
import { withHeader } from '../../src/simulator/share-request.js';
import { Gate } from '../faults/gate.js';
import { startPrivateRedis, type PrivateRedis } from '../faults/private-redis.js';
import { linesOf, startDistantWeb, type DistantWeb } from '../support/distant-web.js';
import { eventually } from '../support/eventually.js';
import { killServiceProcesses, startServiceProcess } from '../support/service-process.js';
import { givenCampaign, shareBy } from '../support/test-service.js';
import { post, read } from '../webhook/door.js';
import { gaugeOf, ROUNDS_MS, untilOver, untilSeen, untilTold } from './seen-alarm.js';

/** Rounds, one after the other, each with a limit of its own. */
const TEST_LIMIT_MS = 300_000;
const ALL_ROLES = 'web,worker,relay';
/** As many as raise an alarm. */
const MANY = 20;
const MINUTE_MS = 60_000;

let web: DistantWeb;
let redis: PrivateRedis | undefined;
let stopWeb: (() => Promise<void>) | undefined;

/** Each test has its own. */
async function startWeb(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  web = await startDistantWeb(settings);
  stopWeb = () => web.stop();
}
afterEach(async () => {
  const [stop, started] = [stopWeb, redis];
  stopWeb = undefined;
  redis = undefined;
  await stop?.();
  await started?.stop();
});
afterAll(killServiceProcesses);

/** Brought about by its real cause, it is in the log, the health, the metrics and the events. */
async function untilRaised(alarm: string, severity: 'critical' | 'warning'): Promise<void> {
  await untilSeen(web, alarm, severity);
  await untilTold(web, alarm);
}

/** What an alarm that was raised last says. */
function saidOf(alarm: string): string | undefined {
  const said = linesOf(web).filter(({ msg }) => msg.startsWith(`Alarm ${alarm}: `));
  return said.at(-1)?.msg.slice(`Alarm ${alarm}: `.length);
}

/** As the company's backend does for each of its users; a quarter of an hour ago, as far as anybody can tell. */
async function issueIntents(count: number): Promise<void> {
  const campaignId = await givenCampaign(web.db, { mode: 'strict' });
  const share = { function: 'sendCustom', settings: { templateId: 10_000 } };
  for (let user = 0; user < count; user++) {
    const body = JSON.stringify({ userId: `user-${user}`, campaignId, share });
    const issued = await web.service.api('/v1/share-intents', { method: 'POST', body });
    expect(issued.status).toBe(201);
  }
  const longAgo = firstIdAt(new Date(Date.now() - 15 * MINUTE_MS)).slice(0, 14);
  const trigger = 'TRIGGER share_intents_never_change';
  await web.db.rows(`ALTER TABLE kakao_share.share_intents DISABLE ${trigger}`);
  await web.db.rows(
    'UPDATE kakao_share.share_intents SET id = ($1 || substr(id::text, 15))::uuid',
    [longAgo],
  );
  await web.db.rows(`ALTER TABLE kakao_share.share_intents ENABLE ${trigger}`);
}

test(
  'intents that are issued while no webhook comes raise webhooks-missing for their app, until one comes',
  async () => {
    await startWeb({ INTENT_SIGNING_KEYS: randomBytes(24).toString('base64url') });
    await issueIntents(50);
    await untilSeen(web, 'webhooks-missing', 'critical');
    await untilTold(web, 'webhooks-missing', 'default');
    read(await web.service.share(shareBy('minji'), 'back-again'));
    await untilOver(web, 'webhooks-missing', 'critical', { app: 'default' });
  },
  TEST_LIMIT_MS,
);

test(
  'wrong keys raise webhooks-refused, and a body that is too large under a right key webhooks-lost, each for five minutes',
  async () => {
    await startWeb();
    const forged = post(web.service, 'forged', '{}');
    for (let count = 0; count < MANY; count++)
      await web.service.send(withHeader(forged, 'Authorization', `KakaoAK wrong-${count}`));
    const tooLarge = post(web.service, 'too-large', 'x'.repeat(64 * 1024 + 1));
    expect((await web.service.send(tooLarge)).status).toBe(413);
    await untilRaised('webhooks-refused', 'warning');
    await untilRaised('webhooks-lost', 'critical');
    expect(saidOf('webhooks-refused')).toMatch(/^20 webhooks were answered 401 in 5 minutes/);
    expect(saidOf('webhooks-lost')).toMatch(/^1 webhooks with a right key were answered 4xx/);
    web.skipAhead();
    await untilOver(web, 'webhooks-refused', 'warning');
    await untilOver(web, 'webhooks-lost', 'critical');
  },
  TEST_LIMIT_MS,
);

test(
  'webhooks from addresses that KAKAO_NETWORKS does not name raise webhooks-refused, which says so, for five minutes',
  async () => {
    await startWeb({ KAKAO_NETWORKS: '203.0.113.0/24' });
    for (let count = 0; count < MANY; count++)
      expect((await web.service.share(shareBy('minji'), `foreign-${count}`)).status).toBe(403);
    await untilRaised('webhooks-refused', 'warning');
    expect(saidOf('webhooks-refused')).toMatch(/KAKAO_NETWORKS .* answered 403/);
    web.skipAhead();
    await untilOver(web, 'webhooks-refused', 'warning');
  },
  TEST_LIMIT_MS,
);

test(
  'a table that somebody holds raises spool-in-use until what was taken in meanwhile is stored',
  async () => {
    await startWeb();
    const gate = await Gate.lock(web.db, 'LOCK TABLE kakao_share.delivery_keys IN SHARE MODE');
    read(await web.service.share(shareBy('minji'), 'spooled'));
    await untilRaised('spool-in-use', 'warning');
    await eventually(async () => {
      expect(await gaugeOf(web, 'kakao_share_spool_waiting_webhooks')).toBe(1);
    }, ROUNDS_MS);
    await gate.open();
    await untilOver(web, 'spool-in-use', 'warning');
  },
  TEST_LIMIT_MS,
);

test(
  'a delivery that no worker settles raises settlement-behind until one does',
  async () => {
    await startWeb({ ALARM_UNSETTLED_S: '10' });
    read(await web.service.share(shareBy('minji'), 'waiting'));
    await untilRaised('settlement-behind', 'critical');
    await eventually(async () => {
      const waitedS = await gaugeOf(web, 'kakao_share_oldest_open_delivery_seconds');
      expect(waitedS).toBeGreaterThanOrEqual(10);
      expect(waitedS).toBeLessThan(TEST_LIMIT_MS / 1_000);
    }, ROUNDS_MS);
    const worker = await startServiceProcess({ ...web.environment, ROLES: 'worker' });
    await untilOver(web, 'settlement-behind', 'critical', { beside: [{ service: worker }] });
    await eventually(async () => {
      expect(await gaugeOf(web, 'kakao_share_oldest_open_delivery_seconds')).toBe(0);
    }, ROUNDS_MS);
    await worker.stop();
  },
  TEST_LIMIT_MS,
);

test(
  'webhooks that nobody understands raise quarantine-growing until most are understood again',
  async () => {
    await startWeb({ ROLES: ALL_ROLES });
    for (let count = 0; count < 3; count++) {
      const broken = post(web.service, `broken-${count}`, '{"CHAT_TYPE":');
      expect(read(await web.service.send(broken)).status).toBe('quarantined');
    }
    await untilRaised('quarantine-growing', 'warning');
    await eventually(async () => {
      expect(await gaugeOf(web, 'kakao_share_quarantined_deliveries')).toBe(3);
    }, ROUNDS_MS);
    for (let count = 0; count < 4; count++)
      read(await web.service.share(shareBy('minji'), `mended-${count}`));
    await untilOver(web, 'quarantine-growing', 'warning');
  },
  TEST_LIMIT_MS,
);

test(
  'a CHAT_TYPE that Kakao has added raises unknown-values until no share of the last day has one',
  async () => {
    await startWeb({ ROLES: ALL_ROLES });
    const body = JSON.stringify({
      ...{ CHAT_TYPE: 'SecretChat', HASH_CHAT_ID: 'room', user_id: 'minji' },
    });
    read(await web.service.send(post(web.service, 'novelty', body)));
    await untilRaised('unknown-values', 'warning');
    const field = 'CHAT_TYPE';
    await eventually(async () => {
      expect(await gaugeOf(web, 'kakao_share_unknown_values', { field })).toBe(1);
    }, ROUNDS_MS);
    await web.db.rows(`DELETE FROM kakao_share.shares WHERE unknown_values <> '{}'`);
    await untilOver(web, 'unknown-values', 'warning');
    await eventually(async () => {
      expect(await gaugeOf(web, 'kakao_share_unknown_values', { field })).toBeUndefined();
    }, ROUNDS_MS);
  },
  TEST_LIMIT_MS,
);

/** Runs before anything else of a process, whose clock is five seconds ahead until the signal. */
const AHEAD = `const now = Date.now; const Old = Date; let aheadMs = 5000;
  globalThis.Date = class extends Old { constructor(...given) { if (given.length === 0) super(now() + aheadMs); else super(...given); } };
  globalThis.Date.now = () => now() + aheadMs;
  process.on('SIGUSR2', () => { aheadMs = 0; });`;

test(
  'a clock that is five seconds ahead raises clock-skew until it is set right',
  async () => {
    await startWeb({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(AHEAD)}` });
    await untilRaised('clock-skew', 'warning');
    // Asking for the time takes time, by half of which the answer may be off.
    await eventually(async () => {
      const skewS = await gaugeOf(web, 'kakao_share_clock_skew_seconds');
      expect(Math.abs((skewS ?? 0) - 5)).toBeLessThan(1);
    }, ROUNDS_MS);
    web.skipAhead();
    await untilOver(web, 'clock-skew', 'warning');
    await eventually(async () => {
      const skewS = await gaugeOf(web, 'kakao_share_clock_skew_seconds');
      expect(Math.abs(skewS ?? 5)).toBeLessThan(1);
    }, ROUNDS_MS);
  },
  TEST_LIMIT_MS,
);

const testOnRedis = process.env.KAKAO_SHARE_TEST_REDIS === undefined ? test.skip : test;

testOnRedis(
  'a Redis that may evict jobs and keeps them in memory alone raises redis-evicts and redis-forgets until neither is so',
  async () => {
    redis = await startPrivateRedis({ 'maxmemory-policy': 'allkeys-lru' });
    await startWeb({ REDIS_URL: redis.url });
    await untilRaised('redis-evicts', 'warning');
    await untilRaised('redis-forgets', 'warning');
    await redis.client.config('SET', 'maxmemory-policy', 'noeviction');
    await untilOver(web, 'redis-evicts', 'warning');
    await redis.client.config('SET', 'save', '3600 1');
    await untilOver(web, 'redis-forgets', 'warning');
  },
  TEST_LIMIT_MS,
);
