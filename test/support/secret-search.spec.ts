import { randomBytes } from 'node:crypto';
import { startPrivateRedis, type PrivateRedis } from '../faults/private-redis.js';
import { readRedis } from './read-redis.js';
import { findInDatabase, findInTexts } from './secret-search.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { findProgram } from './where-installed.js';

const secrets = {
  written: `written+${randomBytes(24).toString('base64url')}`,
  unwritten: randomBytes(24).toString('hex'),
};
const bytes = Buffer.from(secrets.written);

test.each([
  ['as it is', secrets.written],
  ['for a URL', encodeURIComponent(secrets.written)],
  ['as hexadecimal', bytes.toString('hex')],
  ['as Base64, with something behind it', Buffer.concat([bytes, bytes]).toString('base64')],
])('a secret that stands in a text %s is found, and no other', (_, form) => {
  expect(findInTexts(secrets, { log: `a line with ${form}, and more`, other: 'a line' })).toEqual([
    { secret: 'written', place: 'log' },
  ]);
});

describe('in a database', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  test.each([
    ['text', `SELECT 'x' || $1`],
    ['jsonb', `SELECT jsonb_build_object('held', ARRAY[$1])`],
    ['bytea', `SELECT '\\x00ff'::bytea || convert_to($1, 'UTF8')`],
    ['text[]', `SELECT ARRAY['x', $1]`],
  ])('a secret in a column of %s is found once, and no other', async (type, value) => {
    await db.rows(`CREATE TABLE kakao_share.held (untouched ${type}, value ${type})`);
    for (let row = 0; row < 2; row++)
      await db.rows(`INSERT INTO kakao_share.held (value) ${value.replaceAll('$1', '$1::text')}`, [
        secrets.written,
      ]);
    expect(await findInDatabase(secrets, db)).toEqual([
      { secret: 'written', place: 'kakao_share.held.value' },
    ]);
    await db.rows('DROP TABLE kakao_share.held');
    expect(await findInDatabase(secrets, db)).toEqual([]);
  });
});

(findProgram('redis-server') === undefined ? describe.skip : describe)('in Redis', () => {
  let redis: PrivateRedis;
  beforeAll(async () => {
    redis = await startPrivateRedis();
  });
  afterAll(() => redis.stop());

  test('a secret in a key, a hash, a list or a long value is found', async () => {
    const long = `${'x'.repeat(5_000)}${secrets.written}${'x'.repeat(5_000)}`;
    await redis.client.set(`key ${secrets.written}`, 'x');
    await redis.client.hset('hash', 'field', secrets.written);
    await redis.client.lpush('list', 'x', secrets.written);
    await redis.client.set('long', long);
    await redis.client.set('harmless', 'x'.repeat(5_000));
    const found = findInTexts(secrets, await readRedis(redis.client));
    expect(found.map(({ place }) => place).sort()).toEqual(
      ['hash', `key ${secrets.written}`, 'list', 'long'].map((key) => `the Redis key ${key}`),
    );
  });
});
