import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  shareBy,
  startTestService,
  untilSettled,
  type TestService,
} from '../support/test-service.js';
import type { PageBody } from './management.js';

const BROKERS = ['kafka', 'nats', 'rabbitmq'];

let db: TestDatabase;
let service: TestService;

beforeEach(async () => {
  db = await createTestDatabase();
  await givenCampaign(db);
  const nobody = `127.0.0.1:${await freePort()}`;
  service = await startTestService(db, {
    environment: {
      EVENT_TRANSPORTS: BROKERS.join(),
      RABBITMQ_URL: `amqp://user:S3CRETMARK@${nobody}`,
      NATS_URL: `nats://user:S3CRETMARK@${nobody}`,
      KAFKA_BROKERS: nobody,
    },
  });
});
afterEach(async () => {
  await service.stop();
  await db.drop();
});

test('with brokers that cannot be reached it starts, settles and keeps the events, and says so in the body of /health/ready alone', async () => {
  // What happens before a relay has made its destination known is not told there.
  await eventually(async () => {
    const { body } = await service.api<PageBody<{ name: string }>>('/v1/destinations');
    expect(body.items.map(({ name }) => name)).toEqual(BROKERS);
  });
  await service.share(shareBy('minji'), 'one');
  await untilSettled(db);
  await eventually(async () => {
    expect(await service.api('/health/ready')).toMatchObject({
      status: 200,
      body: {
        status: 'degraded',
        parts: {
          ...{ database: 'current', queue: 'ok' },
          events: Object.fromEntries(BROKERS.map((name) => [name, 'unreachable'])),
        },
      },
    });
  });
  const events = await db.number('SELECT count(*) FROM kakao_share.events');
  expect(events).toBeGreaterThan(0);
  expect(
    await db.rows(
      'SELECT destination, count(*)::integer FROM kakao_share.outbox GROUP BY 1 ORDER BY 1',
    ),
  ).toEqual(BROKERS.map((destination) => ({ destination, count: events })));
  const { body } = await service.api<unknown>('/v1/destinations');
  for (const setting of ['RABBITMQ_URL', 'NATS_URL', 'KAFKA_BROKERS'])
    expect(JSON.stringify(body)).toContain(setting);
  expect(JSON.stringify(body)).not.toContain('S3CRETMARK');
}, 180_000);
