import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { startPrivateRedis, type PrivateRedis } from '../faults/private-redis.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startWatch, toldOf, untilAlarms, type GivenWatch } from './given-watch.js';

const describeOnRedis = process.env.KAKAO_SHARE_TEST_REDIS === undefined ? describe.skip : describe;

describeOnRedis('a Redis of one’s own', () => {
  let db: TestDatabase;
  let redis: PrivateRedis;
  let watch: GivenWatch;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    db = await createTestDatabase();
    redis = await startPrivateRedis();
    watch = startWatch(db.database, { redis: { url: redis.url } }, ['database-unsafe']);
  });
  afterAll(async () => {
    await watch.stop();
    await redis.stop();
    await db.drop();
  });

  test('that keeps jobs in memory alone raises an alarm until it persists them', async () => {
    await untilAlarms(db, ['redis-forgets']);
    await redis.client.config('SET', 'save', '3600 1');
    await untilAlarms(db, []);
    expect(await toldOf(db, 'redis-forgets')).toEqual(['alarm.raised *', 'alarm.cleared *']);
  });

  test('that may evict raises an alarm until it may not', async () => {
    await redis.client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await untilAlarms(db, ['redis-evicts']);
    await redis.client.config('SET', 'maxmemory-policy', 'noeviction');
    await untilAlarms(db, []);
    expect(await toldOf(db, 'redis-evicts')).toEqual(['alarm.raised *', 'alarm.cleared *']);
  });

  test('that has evicted raises an alarm, whatever its policy is now', async () => {
    await redis.client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await redis.client.config('SET', 'maxmemory', '2mb');
    for (let key = 0; key < 100; key++) await redis.client.set(`key-${key}`, 'x'.repeat(50_000));
    await redis.client.config('SET', 'maxmemory', '0');
    await redis.client.config('SET', 'maxmemory-policy', 'noeviction');
    await untilAlarms(db, ['redis-evicts']);
    await redis.client.config('RESETSTAT');
    await untilAlarms(db, []);
  });

  test('a client that was handed over is asked as well, and stays open', async () => {
    const handed = new Redis(redis.url, { maxRetriesPerRequest: null });
    const other = startWatch(db.database, { redis: handed }, ['database-unsafe']);
    await watch.stop();
    await redis.client.config('SET', 'maxmemory-policy', 'volatile-lru');
    await untilAlarms(db, ['redis-evicts']);
    await other.stop();
    expect(await handed.ping()).toBe('PONG');
    handed.disconnect();
  });
});
