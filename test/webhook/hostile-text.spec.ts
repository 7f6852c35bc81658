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

  const MARKED = true;
  test.each([
    ['an escaped NUL', String.raw`"x":"a\u0000b"`, MARKED],
    ['a lone surrogate', String.raw`"x":"\ud800"`, MARKED],
    ['surrogates the wrong way round', String.raw`"x":"\ude00\ud83d"`, MARKED],
    ['both of them nested', String.raw`"x":{"\u0000":["\ud800"]}`, MARKED],
    ['both of them in a name', String.raw`"\u0000\ud800":1`, MARKED],
    ['a NUL behind a repeated name', String.raw`"x":"\u0000","x":2`, MARKED],
    ['a whole surrogate pair', String.raw`"x":["\ud83d\ude00"]`, !MARKED],
    ['a backslash before what looks like an escape', String.raw`"x":"\\u0000"`, !MARKED],
    ['a number beyond all measure', '"x":1e999999', !MARKED],
    ['a repeated name', '"x":1,"x":2', !MARKED],
    ['nesting as deep as may be', `"x":${'['.repeat(31)}${']'.repeat(31)}`, !MARKED],
  ])(
    '%s in a custom parameter loses no delivery, and is marked where a query would trip over it',
    async (title, members, mark) => {
      const userId = `json: ${title}`;
      const { status, deliveryId } = read(
        await service.send(post(service, userId, jsonWith(userId, members))),
      );
      expect(status).toBe('accepted');
      await untilSettled(db);
      expect(await verdictOf(db, deliveryId)).toBe('rewarded');
      const custom = (await storedShare(db, deliveryId))?.custom ?? '';
      expect(custom).toBe(`{"user_id":"${userId}",${members}}`);
      const [share] = await db.rows<{ has_unstorable_text: boolean }>(
        'SELECT has_unstorable_text FROM kakao_share.shares WHERE id = $1',
        [deliveryId],
      );
      expect(share?.has_unstorable_text).toBe(mark);
    },
  );

  test('a NUL in a query loses no delivery', async () => {
    const query = 'CHAT_TYPE=DirectChat&HASH_CHAT_ID=room&user_id=nul-in-query&x=a%00b&%00=1';
    const { deliveryId } = read(await service.send(get(service, 'nul-in-query', query)));
    await untilSettled(db);
    expect(await verdictOf(db, deliveryId)).toBe('rewarded');
    expect((await storedShare(db, deliveryId))?.custom).toBe(
      String.raw`{"user_id":"nul-in-query","x":"a\u0000b","\u0000":"1"}`,
    );
  });

  test('a query over shares that leaves out the marked ones trips over none', async () => {
    const read = (where: string): Promise<unknown> =>
      db.rows(`SELECT custom ->> 'x' AS x FROM kakao_share.shares WHERE ${where}`);
    await expect(read('true')).rejects.toThrow();
    expect(await read('NOT has_unstorable_text')).not.toEqual([]);
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
