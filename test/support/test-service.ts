import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import type { CampaignRules } from '../../src/campaigns/campaign.js';
import { completeRules } from '../../src/campaigns/complete-rules.js';
import { createCampaign } from '../../src/campaigns/create-campaign.js';
import { ALARM_NAMES } from '../../src/config/alarm-settings.js';
import { readSettings } from '../../src/config/settings.js';
import { CHAT_TYPES } from '../../src/kakao/chat-types.js';
import { startService } from '../../src/service.js';
import { Sender, type Answer } from '../../src/simulator/send.js';
import { buildShareRequest, type PreparedRequest } from '../../src/simulator/share-request.js';
import type { Share } from '../../src/simulator/share.js';
import { countSpooled } from './count-spooled.js';
import { eventually } from './eventually.js';
import type { TestDatabase } from './test-database.js';

/** Kakao would give up after 3 s. A test that says so looks at the latency; elsewhere a machine that stalls is not its matter. */
const ANSWER_LIMIT_MS = 30_000;
/** A delivery whose job is lost on the way is asked for again a minute later. */
const SETTLE_LIMIT_MS = 80_000;

export type StoreName = 'Postgres' | 'Redis';

/** The spool of all services on a database, and of no other; it goes with the run. */
export function spoolFolderOf(db: Pick<TestDatabase, 'url'>): string {
  const name = createHash('sha256').update(db.url).digest('hex').slice(0, 16);
  return path.join(process.env.KAKAO_SHARE_TEST_FOLDER ?? '', `spool-${name}`);
}

/** The environment that a service on a test database runs in, in this process or another. */
export function serviceEnvironment(
  db: TestDatabase,
  store: StoreName = 'Postgres',
): Record<string, string> {
  return {
    NODE_ENV: 'production',
    PORT: '0',
    HOST: '127.0.0.1',
    DATABASE_URL: db.url,
    SPOOL_DIR: spoolFolderOf(db),
    KAKAO_ADMIN_KEYS: randomBytes(16).toString('hex'),
    ADMIN_TOKEN: randomBytes(24).toString('hex'),
    EVENT_TRANSPORTS: 'in-process,bullmq',
    DRAIN_MS: '0',
    // These servers are neither durable nor alone: what is wrong with them is told where that is the point.
    ALARMS_OFF: ALARM_NAMES.join(','),
    LOG_LEVEL: 'silent',
    ...(store === 'Redis'
      ? {
          REDIS_URL: process.env.KAKAO_SHARE_TEST_REDIS ?? '',
          QUEUE_PREFIX: new URL(db.url).pathname.slice(1),
        }
      : {}),
  };
}

/** What the management API answered. */
export interface ApiAnswer<Body> {
  readonly status: number;
  readonly body: Body;
}

/** A service to talk to as Kakao and as an operator. */
export interface TestService {
  readonly url: string;
  readonly webhookUrl: string;
  readonly adminKey: string;
  readonly adminToken: string;
  /** Sends a share as Kakao would; POST and JSON unless told otherwise. */
  share(
    share: Share,
    resourceId: string,
    how?: { method?: 'GET' | 'POST'; encoding?: 'json' | 'form' },
  ): Promise<Answer>;
  send(request: PreparedRequest): Promise<Answer>;
  /** Asks the management API. */
  api<Body>(path: string, init?: RequestInit): Promise<ApiAnswer<Body>>;
  stop(): Promise<void>;
}

/** Starts the service in this process. */
export async function startTestService(
  db: TestDatabase,
  {
    store = 'Postgres',
    environment = {},
  }: { store?: StoreName; environment?: Record<string, string> } = {},
): Promise<TestService> {
  const env = { ...serviceEnvironment(db, store), ...environment };
  const service = await startService({ ...readSettings(env), databaseUrl: db.url });
  return clientOf(service.url, env, () => service.stop());
}

/** Talks to a service that runs with this environment. */
export function clientOf(
  url: string,
  env: Record<string, string>,
  stop: () => Promise<void>,
): TestService {
  const sender = new Sender({ limitMs: ANSWER_LIMIT_MS });
  const webhookUrl = `${url}/webhooks/kakao/share`;
  const adminKey = (env.KAKAO_ADMIN_KEYS ?? '').split(',')[0] ?? '';
  return {
    url,
    webhookUrl,
    adminKey,
    adminToken: env.ADMIN_TOKEN ?? '',
    share: (share, resourceId, { method = 'POST', encoding = 'json' } = {}) =>
      sender.send(
        buildShareRequest(share, { url: webhookUrl, adminKey, resourceId, method, encoding }),
      ),
    send: (request) => sender.send(request),
    async api(path, init = {}) {
      const headers = {
        Authorization: `Bearer ${env.ADMIN_TOKEN ?? ''}`,
        'Content-Type': 'application/json',
      };
      const response = await fetch(`${url}${path}`, { headers, ...init });
      return { status: response.status, body: (await response.json()) as never };
    },
    async stop() {
      sender.close();
      await stop();
    },
  };
}

/** A live campaign that pays 100 points for any share of a named user, unless rules say otherwise. */
export async function givenCampaign(
  db: TestDatabase,
  rules: Partial<CampaignRules> = {},
  app = 'default',
): Promise<string> {
  return db.database.transaction({ statementTimeoutMs: 10_000 }, (tx) =>
    createCampaign(tx, {
      app,
      name: 'test',
      unit: 'point',
      state: 'live',
      actor: 'test',
      effectiveFrom: new Date(0),
      rules: completeRules({
        startsAt: '2020-01-01T00:00:00+09:00',
        mode: 'compat',
        chatTypes: CHAT_TYPES,
        amount: 100,
        caps: { perUserPerDay: null, perUser: null, perUserAndRoomPerDay: 1, unlimited: true },
        unverifiedCaps: { perUserPerDay: 1_000, perUser: null },
        ...rules,
      }),
    }),
  );
}

/** A share to a friend by this user. */
export function shareBy(userId: string, overrides: Partial<Share> = {}): Share {
  return {
    chatType: 'DirectChat',
    hashChatId: `room-of-${userId}`,
    customParameters: { user_id: userId },
    ...overrides,
  };
}

/** Waits until whatever was taken in is in the database: a door that is kept waiting by it for a second spools a webhook. */
export async function untilNoneSpooled(db: TestDatabase, limitMs?: number): Promise<void> {
  await eventually(async () => {
    const spooled = await countSpooled(db, spoolFolderOf(db));
    if (spooled > 0) throw new Error(`${spooled} deliveries are still in the spool`);
  }, limitMs);
}

/** Waits until every delivery has its verdict. */
export async function untilSettled(db: TestDatabase, limitMs = SETTLE_LIMIT_MS): Promise<void> {
  await untilNoneSpooled(db, limitMs);
  await eventually(async () => {
    const open = await db.number('SELECT count(*) FROM kakao_share.open_deliveries');
    if (open > 0) throw new Error(`${open} deliveries are still open`);
  }, limitMs);
}

/** Waits until these webhooks are in the database, wherever they were kept before. */
export async function untilStored(
  db: TestDatabase,
  resourceIds: readonly string[],
  limitMs?: number,
): Promise<void> {
  await eventually(async () => {
    const missing = await db.rows(
      `SELECT resource COLLATE "C" FROM unnest($1::text[]) AS given (resource)
       EXCEPT SELECT resource_id COLLATE "C" FROM kakao_share.delivery_keys`,
      [resourceIds],
    );
    if (missing.length > 0) throw new Error(`${missing.length} webhooks are not stored yet`);
  }, limitMs);
}

/** Waits until every destination has been told everything. */
export async function untilTold(db: TestDatabase, limitMs = SETTLE_LIMIT_MS): Promise<void> {
  await eventually(async () => {
    const waiting = await db.number('SELECT count(*) FROM kakao_share.outbox');
    if (waiting > 0) throw new Error(`${waiting} events still wait`);
  }, limitMs);
}
