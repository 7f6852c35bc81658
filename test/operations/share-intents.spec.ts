import { randomBytes } from 'node:crypto';
import { newId } from '../../src/database/new-id.js';
import { readIntentToken } from '../../src/intents/intent-token.js';
import { IntentSigningKeys } from '../../src/intents/signing-keys.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, startTestService, type TestService } from '../support/test-service.js';
import { apiTokens, bearer, call, type ManagementAnswer, type Problem } from './management.js';

const KEY = randomBytes(24).toString('base64url');
const UNKNOWN_ID = '019a0000-0000-7000-8000-000000000000';
const PATH = '/v1/share-intents';
const INTENT = { pays: 'once', atMost: null, lifetimeMinutes: 60, maxOpenPerUser: 3 } as const;
const SHARE = { function: 'sendCustom', settings: { templateId: 10_000 } };

interface Issued {
  readonly id: string;
  readonly app: string;
  readonly token: string;
  readonly expiresAt: string;
  readonly callbackArgs: Record<string, string>;
  readonly parameters?: { function: string; settings: Record<string, unknown> };
}

describe('share intents', () => {
  let db: TestDatabase;
  let service: TestService;
  let campaignId: string;
  let users = 0;

  beforeAll(async () => {
    db = await createTestDatabase();
    campaignId = await givenCampaign(db, { intent: INTENT }, 'shop');
    service = await startTestService(db, {
      environment: {
        ROLES: 'web',
        KAKAO_ADMIN_KEYS: '',
        KAKAO_APPS: JSON.stringify({ shop: 'admin-key-of-shop', game: 'admin-key-of-game' }),
        KAKAO_PICKER_APPS: 'game',
        INTENT_SIGNING_KEYS: KEY,
        API_TOKENS: apiTokens({
          shop: { scopes: ['intents'], apps: ['shop'] },
          both: { scopes: ['intents'] },
          reader: { scopes: ['read'] },
          game: { scopes: ['intents', 'read'], apps: ['game'] },
          banker: { scopes: ['operate', 'money'] },
        }),
      },
    });
  });
  afterAll(async () => {
    await service.stop();
    await db.drop();
  });

  const aUser = (): string => `user-${users++}`;

  /** Asks as the shop's backend, for a user of its own, unless told otherwise. */
  async function issue<Body = Issued>(
    request: Record<string, unknown> = {},
    { key, as = 'shop' }: { key?: string; as?: string } = {},
  ): Promise<ManagementAnswer<Body>> {
    return call<Body>(service, PATH, bearer(as), {
      method: 'POST',
      body: JSON.stringify({ userId: aUser(), campaignId, ...request }),
      headers: key === undefined ? {} : { 'Idempotency-Key': key },
    });
  }

  /** Asks again while it is 503: who stands in line for a connection or a row on a busy machine is told to try later. */
  async function issueAtLast<Body = Issued>(
    request: Record<string, unknown> = {},
    how: { key?: string; as?: string } = {},
  ): Promise<ManagementAnswer<Body>> {
    const own = { userId: aUser(), ...request };
    return eventually(async () => {
      const answer = await issue<Body>(own, how);
      if (answer.status === 503) throw new Error('It was told to try later.');
      return answer;
    });
  }

  const statusesOf = (answers: readonly { status: number }[]): number[] =>
    answers.map(({ status }) => status).sort();

  test('is issued with a token that names it, until when it is promised, and what to share with', async () => {
    const userId = aUser();
    const answer = await issue({ userId, contentRef: '기사 1', share: SHARE });
    expect(answer.status).toBe(201);
    const { id, app, token, expiresAt, callbackArgs, parameters } = answer.body;
    expect(app).toBe('shop');
    expect(callbackArgs).toEqual({ share_intent: token });
    expect(parameters).toEqual({
      function: 'sendCustom',
      settings: { templateId: 10_000, serverCallbackArgs: callbackArgs },
    });
    const claim = readIntentToken(token, new IntentSigningKeys([KEY]));
    expect(claim).toEqual({ id, expiresAt: new Date(expiresAt) });
    const rows = await db.rows(
      `SELECT i.app, i.campaign_id, u.user_id, i.content_ref, i.issued_by, i.expires_at, i.idempotency_key,
              i.expires_at - i.issued_at BETWEEN '59 minutes 59 seconds' AND '60 minutes' AS lives_an_hour,
              abs(extract(epoch FROM clock_timestamp() - i.issued_at)) < 20 AS is_new
       FROM kakao_share.share_intents i JOIN kakao_share.users u ON u.id = i.user_ref WHERE i.id = $1`,
      [id],
    );
    expect(rows).toEqual([
      {
        app: 'shop',
        campaign_id: campaignId,
        user_id: userId,
        content_ref: '기사 1',
        issued_by: 'shop',
        expires_at: new Date(expiresAt),
        idempotency_key: null,
        lives_an_hour: true,
        is_new: true,
      },
    ]);
  });

  test('without a share has arguments to put into settings by hand, and can expire sooner', async () => {
    const { body } = await issue({ expiresInMinutes: 5 });
    expect(body.parameters).toBeUndefined();
    expect(Object.keys(body.callbackArgs)).toEqual(['share_intent']);
    const minutes = (new Date(body.expiresAt).getTime() - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(4.5);
    expect(minutes).toBeLessThan(5.5);
  });

  test.each([
    ['no user', { userId: undefined }, 'userId'],
    ['an empty user', { userId: '' }, 'userId'],
    ['a number as user', { userId: 1 }, 'userId'],
    ['a user of 257 characters', { userId: 'u'.repeat(257) }, 'userId'],
    ['a user of 258 bytes', { userId: '가'.repeat(86) }, 'userId'],
    ['a user with a NUL', { userId: 'u\0' }, 'userId'],
    ['a user with half a character', { userId: 'u\ud800' }, 'userId'],
    ['no campaign', { campaignId: undefined }, 'campaignId'],
    ['a campaign that is no id', { campaignId: 'summer' }, 'campaignId'],
    ['an unknown campaign', { campaignId: UNKNOWN_ID }, 'campaignId'],
    ['an unknown app', { app: 'other' }, 'app'],
    ["somebody else's app", { app: 'game' }, 'app'],
    ['an empty content', { contentRef: '' }, 'contentRef'],
    ['no content but null', { contentRef: null }, 'contentRef'],
    ['a content of 201 characters', { contentRef: 'x'.repeat(201) }, 'contentRef'],
    ['a content with a NUL', { contentRef: '\0' }, 'contentRef'],
    ['no time at all', { expiresInMinutes: 0 }, 'expiresInMinutes'],
    ['half a minute', { expiresInMinutes: 0.5 }, 'expiresInMinutes'],
    ['a time as text', { expiresInMinutes: '5' }, 'expiresInMinutes'],
    ['more time than the campaign allows', { expiresInMinutes: 61 }, 'expiresInMinutes'],
    ['no end', { expiresInMinutes: 1e300 }, 'expiresInMinutes'],
    ['a share that is none', { share: 'sendDefault' }, 'share'],
    ['no share but null', { share: null }, 'share'],
    ['an unknown function', { share: { ...SHARE, function: 'send' } }, 'share.function'],
    [
      'a share that lacks something',
      { share: { ...SHARE, settings: {} } },
      'share.settings.templateId',
    ],
    [
      'a reserved word',
      { share: { ...SHARE, callbackArgs: { HASH_CHAT_ID: 'x' } } },
      'share.callbackArgs',
    ],
    [
      'a picker without permission',
      { share: { ...SHARE, pickerSettings: { limit: 3 } } },
      'share.pickerSettings',
    ],
    [
      'a message over 10 KiB',
      { share: { ...SHARE, settings: { templateId: 1, text: 'x'.repeat(10_300) } } },
      'share',
    ],
  ])(
    '%s is refused with 400, naming the field, and nothing is stored',
    async (_, request, field) => {
      const userId = aUser();
      const answer = await issue<Problem>({ userId, ...request });
      expect(answer).toMatchObject({ status: 400, contentType: 'application/problem+json' });
      const told = [answer.body.detail, ...(answer.body.errors ?? [])].join('\n');
      expect(told).toMatch(new RegExp(`(^|\n)${field.replaceAll('.', '\\.')}\\b`));
      expect(await db.rows('SELECT FROM kakao_share.users WHERE user_id = $1', [userId])).toEqual(
        [],
      );
    },
  );

  test('a body that is nested beyond reason is refused before it is looked at', async () => {
    const depth = 40_000;
    const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const body = `{"userId":"u","campaignId":"${campaignId}","share":${nested}}`;
    const answer = await call(service, PATH, bearer('shop'), { method: 'POST', body });
    expect(answer).toMatchObject({ status: 400, contentType: 'application/problem+json' });
  });

  test("several apps: the app is named, or there is only one that is the caller's", async () => {
    const unnamed = await issue<Problem>({}, { as: 'both' });
    expect(unnamed).toMatchObject({
      status: 400,
      body: { errors: [expect.stringMatching(/^app/)] },
    });
    expect((await issue({ app: 'shop' }, { as: 'both' })).status).toBe(201);
    expect((await issue({ app: 'shop' })).status).toBe(201);
    const foreign = await issue<Problem>({ app: 'game' }, { as: 'both' });
    expect(foreign).toMatchObject({
      status: 400,
      body: { errors: ['campaignId: no campaign of this app'] },
    });
  });

  test('pickerSettings are given to an app that has the permission', async () => {
    const theirs = await givenCampaign(db, {}, 'game');
    const request = { campaignId: theirs, share: { ...SHARE, pickerSettings: { limit: 3 } } };
    const { status, body } = await issue(request, { as: 'game' });
    expect(status).toBe(201);
    expect(body.parameters?.settings.pickerSettings).toEqual({ limit: 3 });
  });

  describe('a campaign', () => {
    const PAST = '2021-01-01T00:00:00+09:00';
    const FUTURE = '2121-01-01T00:00:00+09:00';

    async function withVersion(id: string, state: string): Promise<string> {
      await db.rows(
        `INSERT INTO kakao_share.campaign_versions (campaign_id, version, state, rules, effective_from, actor)
         SELECT campaign_id, 2, $2, rules, clock_timestamp(), 'test' FROM kakao_share.campaign_versions
         WHERE campaign_id = $1`,
        [id, state],
      );
      return id;
    }
    const kill = async (id: string, column: string): Promise<string> => {
      await db.rows(
        `UPDATE kakao_share.campaigns SET ${column} = clock_timestamp() WHERE id = $1`,
        [id],
      );
      return id;
    };

    test.each<[string, () => Promise<string>, number, RegExp]>([
      ['that has not begun', () => givenCampaign(db, { startsAt: FUTURE }, 'shop'), 409, /begun/],
      ['that is over', () => givenCampaign(db, { endsAt: PAST }, 'shop'), 409, /over/],
      [
        'that is paused',
        async () => withVersion(await givenCampaign(db, {}, 'shop'), 'paused'),
        409,
        /paused/,
      ],
      [
        'that has ended',
        async () => withVersion(await givenCampaign(db, {}, 'shop'), 'ended'),
        409,
        /ended/,
      ],
      [
        'that is a draft',
        async () => withVersion(await givenCampaign(db, {}, 'shop'), 'draft'),
        409,
        /draft/,
      ],
      [
        'that was stopped',
        async () => kill(await givenCampaign(db, {}, 'shop'), 'killed_at'),
        409,
        /kill switch/,
      ],
      [
        'that was deleted',
        async () => kill(await givenCampaign(db, {}, 'shop'), 'deleted_at'),
        400,
        /campaignId/,
      ],
    ])('%s promises nothing', async (_, given, status, why) => {
      const answer = await issue<Problem>({ campaignId: await given() });
      expect(answer.status).toBe(status);
      expect(answer.text).toMatch(why);
    });

    test.each([{ test: true }, { mode: 'observe' as const }, { mode: 'strict' as const }])(
      'with %j promises like any other',
      async (rules) => {
        const id = await givenCampaign(db, rules, 'shop');
        expect((await issue({ campaignId: id })).status).toBe(201);
      },
    );

    test('follows the version in force now, not one to come', async () => {
      const id = await givenCampaign(db, {}, 'shop');
      await db.rows(
        `INSERT INTO kakao_share.campaign_versions (campaign_id, version, state, rules, effective_from, actor)
         SELECT campaign_id, 2, 'ended', rules, clock_timestamp() + '1 hour', 'test'
         FROM kakao_share.campaign_versions WHERE campaign_id = $1`,
        [id],
      );
      expect((await issue({ campaignId: id })).status).toBe(201);
    });
  });

  describe('under an idempotency key', () => {
    test('the same request is the same intent, also with its names in another order', async () => {
      const userId = aUser();
      const first = await issue({ userId, contentRef: 'c', share: SHARE }, { key: 'same' });
      const share = { settings: SHARE.settings, function: SHARE.function };
      const second = await issue({ share, contentRef: 'c', userId }, { key: 'same' });
      expect([first.status, second.status]).toEqual([201, 200]);
      expect(second.body).toEqual(first.body);
    });

    test.each([
      ['user', { userId: 'somebody-else' }],
      ['content', { contentRef: 'other' }],
      ['lifetime', { expiresInMinutes: 5 }],
      ['share', { share: { ...SHARE, settings: { templateId: 10_001 } } }],
      ['no share', { share: undefined }],
    ])('another %s is refused with 409, and nothing is stored', async (name, other) => {
      const request = { userId: aUser(), contentRef: 'c', share: SHARE };
      const key = `other-${name.replace(' ', '-')}`;
      expect((await issue(request, { key })).status).toBe(201);
      const answer = await issue<Problem>({ ...request, ...other }, { key });
      expect(answer).toMatchObject({
        status: 409,
        body: { detail: expect.stringContaining('idempotency key') as string },
      });
      expect(
        await db.rows("SELECT FROM kakao_share.users WHERE user_id = 'somebody-else'"),
      ).toEqual([]);
    });

    test('the same key is another one in another app', async () => {
      const theirs = await givenCampaign(db, {}, 'game');
      expect((await issue({}, { key: 'shared' })).status).toBe(201);
      const answer = await issue({ campaignId: theirs }, { key: 'shared', as: 'game' });
      expect(answer.status).toBe(201);
    });

    test('twenty at once are one intent', async () => {
      const userId = aUser();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => issueAtLast({ userId }, { key: 'at-once' })),
      );
      expect(statusesOf(answers)).toEqual([...Array<number>(19).fill(200), 201]);
      expect(new Set(answers.map(({ body }) => body.token)).size).toBe(1);
      expect(await openIntentsOf(userId)).toBe(1);
    });

    test('of twenty different users at once one has it', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => issueAtLast({}, { key: 'contested' })),
      );
      expect(statusesOf(answers)).toEqual([201, ...Array<number>(19).fill(409)]);
    });

    test('a repetition is answered although the cap is reached or the campaign was stopped since', async () => {
      const id = await givenCampaign(db, { intent: { ...INTENT, maxOpenPerUser: 1 } }, 'shop');
      const request = { userId: aUser(), campaignId: id };
      const first = await issue(request, { key: 'late' });
      expect((await issue(request)).status).toBe(409);
      await db.rows('UPDATE kakao_share.campaigns SET killed_at = now() WHERE id = $1', [id]);
      const again = await issue(request, { key: 'late' });
      expect(again).toMatchObject({ status: 200, body: first.body });
    });

    test.each(['', 'a b', 'k'.repeat(201), 'é'])('%j is no key', async (key) => {
      const answer = await issue<Problem>({}, { key });
      expect(answer.status).toBe(400);
      expect(answer.body.errors).toEqual([expect.stringMatching(/^Idempotency-Key/)]);
    });
  });

  const openIntentsOf = (userId: string): Promise<number> =>
    db.number(
      'SELECT count(*) FROM kakao_share.share_intents i JOIN kakao_share.users u ON u.id = i.user_ref WHERE u.user_id = $1',
      [userId],
    );

  describe('a user', () => {
    test('has no more open intents of a campaign than its rules allow, however many are asked for at once', async () => {
      const userId = aUser();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => issueAtLast<Problem>({ userId })),
      );
      expect(statusesOf(answers)).toEqual([201, 201, 201, ...Array<number>(17).fill(409)]);
      expect(await openIntentsOf(userId)).toBe(3);
      const [refused] = answers.filter(({ status }) => status === 409);
      expect(refused?.body.detail).toMatch(/3 open intents.*maxOpenPerUser/);
      const other = await givenCampaign(db, { intent: INTENT }, 'shop');
      expect((await issue({ userId, campaignId: other })).status).toBe(201);
    });

    test('gets a new one once one has expired or was paid, not when one was only observed', async () => {
      const userId = aUser();
      const [paid, observed] = await Promise.all([issue({ userId }), issue({ userId })]);
      const userRef = await db.rows<{ user_ref: string }>(
        'SELECT user_ref FROM kakao_share.share_intents WHERE id = $1',
        [paid.body.id],
      );
      const insertExpired = `INSERT INTO kakao_share.share_intents
         (id, app, campaign_id, user_ref, issued_by, issued_at, expires_at, request_digest)
         VALUES ($1, 'shop', $2, $3, 'test', now() - interval '2 hours', now() - interval '1 hour', '')`;
      await db.rows(insertExpired, [newId(), campaignId, userRef[0]?.user_ref]);
      expect((await issue({ userId })).status).toBe(201);
      expect((await issue({ userId })).status).toBe(409);
      const reward = `INSERT INTO kakao_share.campaign_rewards
         (delivery_id, campaign_id, user_ref, intent_id, room, received_at, amount, paid)
         VALUES ($1, $2, $3, $4, 'room', now(), 100, $5)`;
      await db.rows(reward, [newId(), campaignId, userRef[0]?.user_ref, observed.body.id, false]);
      expect((await issue({ userId })).status).toBe(409);
      await db.rows(reward, [newId(), campaignId, userRef[0]?.user_ref, paid.body.id, true]);
      expect((await issue({ userId })).status).toBe(201);
      expect((await issue({ userId })).status).toBe(409);
    });
  });

  describe('looked at', () => {
    test('before anything happened is open, for whoever may issue or read within the app', async () => {
      const userId = aUser();
      const { body } = await issue({ userId, contentRef: 'c' });
      for (const name of ['shop', 'both', 'reader']) {
        const answer = await call<object>(service, `${PATH}/${body.id}`, bearer(name));
        expect(answer).toMatchObject({ status: 200 });
        expect(answer.text).not.toContain(body.token);
        expect(answer.body).toEqual({
          id: body.id,
          app: 'shop',
          userId,
          campaignId,
          contentRef: 'c',
          issuedBy: 'shop',
          issuedAt: expect.any(String) as string,
          expiresAt: body.expiresAt,
          state: 'open',
          amount: 0,
          unit: 'point',
          shares: [],
        });
      }
      expect((await call(service, `${PATH}/${body.id}`, bearer('game'))).status).toBe(404);
      expect((await call(service, `${PATH}/${body.id}`, bearer('banker'))).status).toBe(403);
      expect((await call(service, `${PATH}/${body.id}`, undefined)).status).toBe(401);
    });

    test('by an id that is none of ours is not there', async () => {
      expect((await call(service, `${PATH}/${UNKNOWN_ID}`, bearer('both'))).status).toBe(404);
      expect((await call(service, `${PATH}/nonsense`, bearer('both'))).status).toBe(400);
    });

    test.each(['reader', 'banker'])('%s may not issue: 403', async (name) => {
      expect((await issue({ app: 'shop' }, { as: name })).status).toBe(403);
    });
  });
});

describe('a service without signing keys', () => {
  test('runs as before, and says what to set when an intent is asked for', async () => {
    const db = await createTestDatabase();
    const campaignId = await givenCampaign(db);
    const service = await startTestService(db, { environment: { ROLES: 'web' } });
    try {
      const body = JSON.stringify({ userId: 'minji', campaignId });
      const answer = await service.api<Problem>(PATH, { method: 'POST', body });
      expect(answer).toMatchObject({
        status: 503,
        body: { detail: expect.stringContaining('INTENT_SIGNING_KEYS') as string },
      });
    } finally {
      await service.stop();
      await db.drop();
    }
  });
});
