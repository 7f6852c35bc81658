import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  shareBy,
  startTestService,
  untilNoneSpooled,
  type TestService,
} from '../support/test-service.js';

/** Nothing listens there: port 1 needs root, and no Redis takes it. */
const NO_REDIS = { REDIS_URL: 'redis://127.0.0.1:1' };

interface Ready {
  status: string;
  roles: string[];
  parts: { database: string; queue: string; spool?: string };
}

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

async function withService(
  environment: Record<string, string>,
  work: (service: TestService) => Promise<void>,
): Promise<void> {
  const service = await startTestService(db, { environment });
  try {
    await work(service);
  } finally {
    await service.stop();
  }
}

/** A part that does not answer within a moment counts as unreachable, also where it is the machine that stands still. */
async function untilReady(service: TestService, expected: object): Promise<void> {
  await eventually(async () => {
    expect(await service.api<Ready>('/health/ready')).toMatchObject(expected);
  });
}

test('with everything there each role is ready', async () => {
  for (const ROLES of ['web', 'worker', 'relay', 'web,worker,relay']) {
    await withService({ ROLES }, async (service) => {
      await eventually(async () => {
        expect(await service.api<Ready>('/health/ready')).toEqual({
          status: 200,
          body: {
            status: 'ok',
            roles: ROLES.split(','),
            parts: {
              ...{ database: 'current', queue: 'ok', events: 'ok', alarms: [] },
              ...(ROLES.includes('web') ? { spool: 'ok' } : {}),
            },
          },
        });
      });
    });
  }
});

test('a web without its queue is degraded, stays ready and takes webhooks in', async () => {
  await withService({ ROLES: 'web', ...NO_REDIS }, async (service) => {
    await untilReady(service, {
      status: 200,
      body: { status: 'degraded', parts: { database: 'current', queue: 'unreachable' } },
    });
    const answer = await service.share(shareBy('minji'), 'without-queue');
    expect({ status: answer.status, body: JSON.parse(answer.body) as unknown }).toMatchObject({
      status: 200,
      body: { status: 'accepted' },
    });
    await untilNoneSpooled(db);
  });
  expect(await db.number(`SELECT count(*) FROM kakao_share.open_deliveries`)).toBe(1);
});

test('a worker alone is not ready without its queue', async () => {
  await withService({ ROLES: 'worker', ...NO_REDIS }, async (service) => {
    await untilReady(service, {
      status: 503,
      body: { status: 'unavailable', parts: { queue: 'unreachable' } },
    });
  });
});

test('a migration that is missing makes a worker unready, a web only degraded: it has its spool', async () => {
  await db.rows(`UPDATE kakao_share.schema_migrations SET name = 'other' WHERE name LIKE '0006%'`);
  try {
    await withService({ ROLES: 'web' }, async (service) => {
      await untilReady(service, {
        status: 200,
        body: { status: 'degraded', parts: { database: 'pending', spool: 'ok' } },
      });
    });
    await withService({ ROLES: 'worker' }, async (service) => {
      await untilReady(service, {
        status: 503,
        body: { status: 'unavailable', parts: { database: 'pending' } },
      });
      expect(await service.api('/health/live')).toEqual({ status: 200, body: { status: 'ok' } });
    });
  } finally {
    await db.rows(
      `UPDATE kakao_share.schema_migrations SET name = '0006_audit.sql' WHERE name = 'other'`,
    );
  }
});
