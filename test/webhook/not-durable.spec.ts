import { KAKAO_LIMIT_MS, type Answer } from '../../src/simulator/send.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { shareBy, startTestService, type TestService } from '../support/test-service.js';
import { gaugeOf } from '../watch/seen-alarm.js';
import { read } from './door.js';

/** No folder can be made under a device. */
const NO_SPOOL = { SPOOL_DIR: '/dev/null/spool' };

interface Ready {
  status: string;
  parts: { database: string; queue: string; spool: string };
}

async function expectNothingDurable(service: TestService, resourceId: string): Promise<void> {
  const all: Answer[] = [];
  // A door that takes longer by itself does so each time; that this process stands still meanwhile does not happen each time.
  await eventually(async () => {
    const answers = await Promise.all([
      service.share(shareBy('minji'), resourceId),
      service.share(shareBy('jisoo'), `${resourceId}-2`, { method: 'GET' }),
    ]);
    all.push(...answers);
    for (const { latencyMs } of answers) expect(latencyMs).toBeLessThan(KAKAO_LIMIT_MS);
  });
  for (const { status, body, headers } of all) {
    expect({ status, type: headers['content-type'] }).toEqual({
      status: 503,
      type: 'application/problem+json',
    });
    expect(body).not.toMatch(/minji|jisoo|ECONN|postgres/i);
  }
  const ready = await service.api<Ready>('/health/ready');
  expect(ready).toMatchObject({
    status: 503,
    body: { status: 'unavailable', parts: { database: 'unreachable', spool: 'broken' } },
  });
  expect(await gaugeOf({ service }, 'kakao_share_spool_up')).toBe(0);
  const live = await service.api('/health/live');
  expect(live).toEqual({ status: 200, body: { status: 'ok' } });
}

describe('nothing durable is left: no database, and a spool that cannot be written', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(async () => {
    await db.drop();
  });

  test('a service whose database was never there listens, answers 503 in time and is not ready', async () => {
    const url = new URL(db.url);
    url.port = String(await freePort());
    const service = await startTestService(
      { ...db, url: url.toString() },
      { environment: NO_SPOOL },
    );
    try {
      await expectNothingDurable(service, 'never-there');
      const refused = await service.send({ method: 'GET', url: service.webhookUrl, headers: {} });
      expect(refused.status).toBe(401);
    } finally {
      await service.stop();
    }
  });

  test('a service whose database goes away answers 503 in time, and takes webhooks when it is back', async () => {
    const name = new URL(db.url).pathname.slice(1);
    const away = await createTestDatabase();
    const onServer = (sql: string): Promise<unknown> => away.rows(sql);
    const service = await startTestService(db, { environment: NO_SPOOL });
    try {
      const before = await service.share(shareBy('minji'), 'before');
      expect(read(before).status).toBe('accepted');

      await onServer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await onServer(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
      );
      await expectNothingDurable(service, 'gone');

      await onServer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
      await eventually(async () => {
        expect(await service.api<Ready>('/health/ready')).toMatchObject({
          status: 200,
          body: { status: 'degraded', parts: { database: 'current', spool: 'broken' } },
        });
      });
      expect(read(await service.share(shareBy('minji'), 'before')).status).toBe('duplicate');
      expect(read(await service.share(shareBy('minji'), 'after')).status).toBe('accepted');
    } finally {
      await onServer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
      await service.stop();
      await away.drop();
    }
  });
});
