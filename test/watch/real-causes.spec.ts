import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Gate } from '../faults/gate.js';
import { startDistantWeb, type DistantWeb } from '../support/distant-web.js';
import { eventually } from '../support/eventually.js';
import { killServiceProcesses } from '../support/service-process.js';
import { shareBy } from '../support/test-service.js';
import { post, read } from '../webhook/door.js';
import { toldOf } from './given-watch.js';
import { gaugeOf, ROUNDS_MS, untilOver, untilSeen, untilTold, type Ready } from './seen-alarm.js';

/** Rounds, one after the other, each with a limit of its own. */
const TEST_LIMIT_MS = 300_000;
/** The least that there is, and seventeen of these fill it. */
const MAX_BYTES = 1024 ** 2;
const LARGE = 60_000;
const SENT_AT_ONCE = 8;
/** What judges an answer as a matter of luck. */
const TOO_LATE_MS = 2_500;
/** Nobody stores a webhook while somebody has this; whoever only reads is not held up. */
const LOCK = 'LOCK TABLE kakao_share.delivery_keys IN SHARE MODE';

let web: DistantWeb;
let stopWeb: (() => Promise<void>) | undefined;

/** Each test has its own. */
async function startWeb(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  web = await startDistantWeb(settings);
  stopWeb = () => web.stop();
}
afterEach(async () => {
  const stop = stopWeb;
  stopWeb = undefined;
  await stop?.();
});
afterAll(killServiceProcesses);

const bodyOf = (bytes: number): string =>
  JSON.stringify({
    ...{ CHAT_TYPE: 'DirectChat', HASH_CHAT_ID: 'room', user_id: 'minji' },
    padding: 'x'.repeat(bytes),
  });

/** Sends until webhooks are answered 503 since the spool is full. @returns the ids of those that were taken */
async function fillSpool(): Promise<string[]> {
  const taken: string[] = [];
  let sent = 0;
  await eventually(async () => {
    const ids = Array.from({ length: SENT_AT_ONCE }, () => `large-${sent++}`);
    const statuses = await Promise.all(
      ids.map(async (id) => (await web.service.send(post(web.service, id, bodyOf(LARGE)))).status),
    );
    taken.push(...ids.filter((_, index) => statuses[index] === 200));
    expect(statuses).toContain(503);
    const { body } = await web.service.api<Ready>('/health/ready');
    expect(body.parts.spool).toBe('full');
  }, ROUNDS_MS);
  return taken;
}

async function storedOf(ids: readonly string[]): Promise<string[]> {
  const rows = await web.db.rows<{ resource_id: string }>(
    'SELECT resource_id FROM kakao_share.delivery_keys WHERE resource_id = ANY($1)',
    [ids],
  );
  return rows.map((row) => row.resource_id).sort();
}

test(
  'a spool that fills while the database is away raises spool-full until it has room, and webhooks-lost for what was answered 503, for five minutes',
  async () => {
    await startWeb({ SPOOL_MAX_BYTES: `${MAX_BYTES}` });
    // Also when the database is back, the spool stays full until this is opened.
    const gate = await Gate.lock(web.db, LOCK);
    web.network.hold();
    const taken = await fillSpool();
    await untilSeen(web, 'spool-full', 'critical');
    await untilSeen(web, 'webhooks-lost', 'critical');
    expect(await web.service.api<Ready>('/health/ready')).toMatchObject({
      status: 503,
      body: { status: 'unavailable', parts: { database: 'unreachable', spool: 'full' } },
    });
    expect([await toldOf(web.db, 'spool-full'), await toldOf(web.db, 'webhooks-lost')]).toEqual([
      [],
      [],
    ]);

    web.network.release();
    await untilTold(web, 'spool-full');
    await untilTold(web, 'webhooks-lost');
    await gate.open();
    await untilOver(web, 'spool-full', 'critical');
    expect(await storedOf(taken)).toEqual([...taken].sort());

    // What was lost is not had back with the database.
    await untilSeen(web, 'webhooks-lost', 'critical');
    await untilTold(web, 'webhooks-lost');
    web.skipAhead();
    await untilOver(web, 'webhooks-lost', 'critical');
  },
  TEST_LIMIT_MS,
);

/** What the runbook says once the cause is mended. */
async function replayRefused(): Promise<string> {
  const { SPOOL_DIR } = web.environment;
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    SPOOL_DIR,
    DATABASE_URL: web.db.url,
  };
  const args = ['dist/cli.js', 'spool', 'replay', '--refused', '--reason', 'mended'];
  return (await promisify(execFile)(process.execPath, args, { env })).stdout;
}

test(
  'a webhook that the database refuses, and the spool keeps, raises spool-refused until it was replayed',
  async () => {
    await startWeb();
    await web.db.rows(
      `ALTER TABLE kakao_share.deliveries ADD CONSTRAINT no_giants CHECK (octet_length(body) < ${LARGE})`,
    );
    const giant = read(await web.service.send(post(web.service, 'giant', bodyOf(LARGE))));
    expect(giant.status).toBe('accepted');
    await untilSeen(web, 'spool-refused', 'warning');
    await untilTold(web, 'spool-refused');
    await eventually(async () => {
      expect(await gaugeOf(web, 'kakao_share_spool_refused_webhooks')).toBe(1);
    });
    expect(await storedOf(['giant'])).toEqual([]);

    await web.db.rows('ALTER TABLE kakao_share.deliveries DROP CONSTRAINT no_giants');
    expect(await replayRefused()).toBe('committed=1 failed=0\n');
    await untilOver(web, 'spool-refused', 'warning');
    expect(await storedOf(['giant'])).toEqual(['giant']);
  },
  TEST_LIMIT_MS,
);

/** Holds a webhook at a locked table, and its process there for most of Kakao's 3 s. */
async function answerLate(id: string): Promise<void> {
  const gate = await Gate.lock(web.db, LOCK);
  try {
    const answering = web.service.share(shareBy('minji'), id);
    await gate.untilReached(/delivery_keys/);
    web.service.freeze();
    const frozenAt = performance.now();
    await eventually(() => {
      expect(performance.now() - frozenAt).toBeGreaterThan(TOO_LATE_MS);
    });
    web.service.thaw();
    await answering;
  } finally {
    await gate.open();
  }
}

test(
  'an answer that waited for a locked table, in a process that stood still, raises answers-slow for five minutes',
  async () => {
    await startWeb();
    let attempts = 0;
    await eventually(async () => {
      // A machine that is slow enough freezes the process when the spool has had the webhook already: then another one is late.
      await answerLate(`late-${attempts++}`);
      await eventually(async () => {
        expect(await gaugeOf(web, 'kakao_share_alarm', { alarm: 'answers-slow' })).toBe(1);
      }, ROUNDS_MS / 4);
    }, ROUNDS_MS);
    await untilSeen(web, 'answers-slow', 'critical');
    await untilTold(web, 'answers-slow');
    web.skipAhead();
    await untilOver(web, 'answers-slow', 'critical');
  },
  TEST_LIMIT_MS,
);
