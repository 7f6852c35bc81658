import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  startTestService,
  untilSettled,
  type TestService,
} from '../support/test-service.js';
import { get, post, read, storedShare, verdictOf } from './door.js';

const jsonWith = (userId: string, members: string): string =>
  `{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"room of ${userId}","user_id":"${userId}",${members}}`;

describe('text that Postgres would refuse', () => {
  let db: TestDatabase;
  let service: TestService;

  beforeAll(async () => {
    db = await createTestDatabase();
    await givenCampaign(db);
    service = await startTestService(db);
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  test.each([
    ['an escaped NUL', String.raw`"x":"a\u0000b"`],
    ['a lone surrogate', String.raw`"x":"\ud800"`],
    ['surrogates the wrong way round', String.raw`"x":"\ude00\ud83d"`],
    ['both of them nested', String.raw`"x":{"\u0000":["\ud800"]}`],
    ['both of them in a name', String.raw`"\u0000\ud800":1`],
    ['a number beyond all measure', '"x":1e999999'],
    ['a repeated name', '"x":1,"x":2'],
    ['nesting as deep as may be', `"x":${'['.repeat(31)}${']'.repeat(31)}`],
  ])('%s in a custom parameter loses no delivery', async (title, members) => {
    const userId = `json: ${title}`;
    const { status, deliveryId } = read(
      await service.send(post(service, userId, jsonWith(userId, members))),
    );
    expect(status).toBe('accepted');
    await untilSettled(db);
    expect(await verdictOf(db, deliveryId)).toBe('rewarded');
    const custom = (await storedShare(db, deliveryId))?.custom ?? '';
    expect(custom).toBe(`{"user_id":"${userId}",${members}}`);
  });

  test('a NUL in a query loses no delivery', async () => {
    const query = 'CHAT_TYPE=DirectChat&HASH_CHAT_ID=room&user_id=nul-in-query&x=a%00b&%00=1';
    const { deliveryId } = read(await service.send(get(service, 'nul-in-query', query)));
    await untilSettled(db);
    expect(await verdictOf(db, deliveryId)).toBe('rewarded');
    expect((await storedShare(db, deliveryId))?.custom).toBe(
      String.raw`{"user_id":"nul-in-query","x":"a\u0000b","\u0000":"1"}`,
    );
  });

  test('bytes that are not ASCII in kept headers lose no delivery', async () => {
    const headers = { 'User-Agent': 'Käkao\xff', 'Content-Type': 'application/json; é' };
    const request = post(service, 'r\xe9source\xff', jsonWith('headers', '"x":1'), headers);
    const { status, deliveryId } = read(await service.send(request));
    expect(status).toBe('accepted');
    await untilSettled(db);
    expect(await verdictOf(db, deliveryId)).toBe('rewarded');
  });

  test('one of them does not take the others of its burst with it', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, number) => {
        const userId = `burst-${number}`;
        const member = number % 7 === 0 ? String.raw`"x":"\u0000\ud800"` : '"x":1';
        return service.send(post(service, userId, jsonWith(userId, member)));
      }),
    );
    expect(new Set(answers.map((answer) => read(answer).status))).toEqual(new Set(['accepted']));
    await untilSettled(db);
    const rewarded = await db.number(
      `SELECT count(*) FROM kakao_share.decisions c JOIN kakao_share.users u ON u.id = c.user_ref
       WHERE c.verdict = 'rewarded' AND u.user_id LIKE 'burst-%'`,
    );
    expect(rewarded).toBe(60);
  });
});
