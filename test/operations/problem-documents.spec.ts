import { STATUS_CODES } from 'node:http';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { shareBy, startTestService, type TestService } from '../support/test-service.js';
import { read } from '../webhook/door.js';
import { call, type ManagementAnswer } from './management.js';

/** Stands in every input, so that an echo of any part of it is noticed. */
const MARK = 'S3CRETMARK';
const TOKEN = 'an-operators-token-of-32-characters';

describe('an error of the management API', () => {
  let db: TestDatabase;
  let service: TestService;
  let deliveryId: string;

  beforeAll(async () => {
    db = await createTestDatabase();
    service = await startTestService(db, { environment: { ROLES: 'web', ADMIN_TOKEN: TOKEN } });
    deliveryId = read(await service.share(shareBy('minji'), 'one')).deliveryId;
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  function expectProblem(answer: ManagementAnswer<unknown>, status: number): void {
    expect(answer).toMatchObject({
      status,
      contentType: 'application/problem+json',
      body: { type: 'about:blank', title: STATUS_CODES[status], status },
    });
    expect(answer.text).not.toContain(MARK);
    expect(answer.text).not.toMatch(/ at .*\.js|node_modules|kakao_share\./);
  }

  test.each([
    ['/v1/deliveries?limit=S3CRETMARK', 400],
    ['/v1/deliveries?cursor=S3CRETMARK', 400],
    ['/v1/deliveries?S3CRETMARK=1', 400],
    ['/v1/deliveries?app=default&app=S3CRETMARK', 400],
    [`/v1/deliveries?userId=${MARK.repeat(30)}`, 400],
    ['/v1/deliveries?userId=', 400],
    ['/v1/deliveries?resourceId=S3CRETMARK%00', 400],
    ['/v1/deliveries?userId=S3CRETMARK%00', 400],
    ['/v1/deliveries?verdict=S3CRETMARK%00', 400],
    ['/v1/deliveries?app=S3CRETMARK%00', 400],
    ['/v1/events?type=S3CRETMARK%00', 400],
    ['/v1/events?userId=S3CRETMARK%00', 400],
    ['/v1/deliveries/S3CRETMARK', 400],
    ['/v1/users/S3CRETMARK', 404],
    ['/v1/users/S3CRETMARK%00', 404],
    ['/v1/users/S3CRETMARK?app=S3CRETMARK%00', 400],
    ['/v1/users/S3CRETMARK?limit=1', 400],
    ['/v1/users/S3CRETMARK%E0%A4%A', 400],
    ['/v1/S3CRETMARK', 404],
    ['/S3CRETMARK?user_id=S3CRETMARK', 404],
  ])('GET %s is a problem document that repeats no input', async (path, status) => {
    expectProblem(await call(service, path, `Bearer ${TOKEN}`), status);
  });

  test.each([
    ['broken JSON', `{"reason":"${MARK}`, {}, 400],
    ['something else than JSON', MARK, {}, 400],
    ['a list', `["${MARK}"]`, {}, 400],
    ['no reason', '{}', {}, 400],
    ['an empty reason', '{"reason":""}', {}, 400],
    ['an over-long reason', `{"reason":"${MARK.repeat(51)}"}`, {}, 400],
    ['a reason that is no text', `{"reason":{"${MARK}":1}}`, {}, 400],
    ['a reason with a NUL', `{"reason":"${MARK}\\u0000"}`, {}, 400],
    ['a field too many', `{"reason":"x","${MARK}":1}`, {}, 400],
    ['a form', `reason=${MARK}`, { 'Content-Type': 'application/x-www-form-urlencoded' }, 415],
    ['plain text', `reason=${MARK}`, { 'Content-Type': 'text/plain' }, 415],
    ['an unknown charset', '{}', { 'Content-Type': `application/json; charset=${MARK}` }, 415],
    ['an unknown encoding', '{}', { 'Content-Encoding': MARK }, 415],
    ['too much', `{"reason":"${MARK.repeat(20_000)}"}`, {}, 413],
  ])('POST of %s is a problem document that repeats no input', async (_, body, headers, status) => {
    const path = `/v1/deliveries/${deliveryId}/replay`;
    const answer = await call(service, path, `Bearer ${TOKEN}`, { method: 'POST', body, headers });
    expectProblem(answer, status);
  });

  test('what every client gets wrong once is said: broken JSON, and a body without its content type', async () => {
    const path = `/v1/deliveries/${deliveryId}/replay`;
    const post = (body: string, type: string) =>
      call(service, path, `Bearer ${TOKEN}`, {
        method: 'POST',
        body,
        headers: { 'Content-Type': type },
      });
    expect((await post('{"reason":', 'application/json')).body.detail).toBe(
      'the body is not valid JSON',
    );
    expect((await post('{"reason":"x"}', 'application/x-www-form-urlencoded')).body.detail).toBe(
      'send Content-Type: application/json',
    );
  });

  test('a method that is none is a problem document', async () => {
    const put = await call(service, `/v1/users/${MARK}`, `Bearer ${TOKEN}`, { method: 'PUT' });
    expectProblem(put, 404);
  });

  test('what went wrong inside is told to nobody outside', async () => {
    await db.rows('ALTER TABLE kakao_share.users RENAME COLUMN user_id TO away');
    try {
      const answer = await call(service, `/v1/users/${MARK}`, `Bearer ${TOKEN}`);
      expectProblem(answer, 500);
      expect(answer.body).not.toHaveProperty('detail');
    } finally {
      await db.rows('ALTER TABLE kakao_share.users RENAME COLUMN away TO user_id');
    }
  });

  test('a table that is not there yet is 503: migrations are pending', async () => {
    await db.rows('ALTER TABLE kakao_share.users RENAME TO users_away');
    try {
      const answer = await call(service, `/v1/users/${MARK}`, `Bearer ${TOKEN}`);
      expectProblem(answer, 503);
      expect(answer.body).toMatchObject({ detail: 'migrations are pending' });
    } finally {
      await db.rows('ALTER TABLE kakao_share.users_away RENAME TO users');
    }
  });
});
