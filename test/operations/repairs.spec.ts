import { withHeader } from '../../src/simulator/share-request.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  startTestService,
  untilSettled,
  type TestService,
} from '../support/test-service.js';
import { post, read } from '../webhook/door.js';
import {
  apiTokens,
  bearer,
  call,
  type DeliveryBody,
  type PageBody,
  type Problem,
} from './management.js';

/** Stands in every value, so that an echo of any of them is noticed. */
const MARK = 'S3CRETMARK';
const HOUR_MS = 3_600_000;
const NOBODY = '01920000-0000-7000-8000-000000000000';

interface Corrected extends DeliveryBody {
  readonly corrections: number;
  readonly claimedUserId: string | null;
}

let db: TestDatabase;
let service: TestService;
let shopCampaign: string;
let quarantined: string;

beforeAll(async () => {
  db = await createTestDatabase();
  shopCampaign = await givenCampaign(db, {}, 'shop');
  service = await startTestService(db, {
    environment: {
      KAKAO_APPS: JSON.stringify({ shop: ['admin-key-of-shop'], game: ['admin-key-of-game'] }),
      API_TOKENS: apiTokens({
        operator: { scopes: ['operate', 'read'] },
        reader: { scopes: ['read'] },
        cashier: { scopes: ['money', 'intents'] },
        'of-shop': { scopes: ['operate', 'read'], apps: ['shop'] },
        'of-game': { scopes: ['operate', 'read'], apps: ['game'] },
      }),
    },
  });
  quarantined = await deliver('{', 'quarantined');
});
afterAll(async () => {
  await service.stop();
  await db.drop();
});

/** Sends a webhook of an app and waits for its verdict. */
async function deliver(body: string, resourceId: string | undefined, key = 'admin-key-of-shop') {
  const request = withHeader(
    post(service, resourceId ?? '', body),
    'Authorization',
    `KakaoAK ${key}`,
  );
  const { deliveryId } = read(
    await service.send(
      resourceId === undefined ? withHeader(request, 'X-Kakao-Resource-ID', undefined) : request,
    ),
  );
  await untilSettled(db);
  return deliveryId;
}

const ask = <Body = Problem>(path: string, as = 'operator', body?: object, headers = {}) =>
  call<Body>(service, `/v1${path}`, bearer(as), {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers,
  });
const mend = (id: string, correction: object, as = 'operator') =>
  ask<Corrected & Problem>(`/deliveries/${id}/corrections`, as, { note: 'seen', ...correction });
const view = async (id: string): Promise<Corrected> =>
  (await ask<Corrected>(`/deliveries/${id}`)).body;
const share = (user: string, room = 'r'): string =>
  `{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"${room}","user_id":"${user}"}`;

test('quarantined, looked at, mended, replayed, paid: each step by name, and what was received stays', async () => {
  const sent = `{"HASH_CHAT_ID":"${MARK}","user_id":"hana"}`;
  const id = await deliver(sent, 'whole-story');
  const listed = await ask<PageBody<Corrected>>('/deliveries?verdict=quarantined');
  expect(listed.body.items.find((item) => item.id === id)).toMatchObject({
    ...{ reasons: ['CHAT_TYPE is missing'], corrections: 0, claimedUserId: null },
  });
  const received = await ask<{ body: { text: string }; problems: unknown[] }>(
    `/deliveries/${id}/received`,
  );
  expect(received.body).toMatchObject({
    ...{ method: 'POST', body: { text: sent, base64: null }, erased: false },
    ...{ problems: [{ field: 'CHAT_TYPE' }], query: { text: null } },
  });
  expect(await mend(id, { fields: { CHAT_TYPE: 'DirectChat' } })).toMatchObject({
    status: 201,
    body: { verdict: 'quarantined', corrections: 1, claimedUserId: 'hana' },
  });
  const again = await ask<Corrected>(`/deliveries/${id}/replay`, 'operator', { reason: 'mended' });
  expect(again).toMatchObject({ status: 202, body: { app: 'shop' } });
  await untilSettled(db);
  expect(await view(id)).toMatchObject({ verdict: 'rewarded', userId: 'hana', amount: 100 });
  expect((await ask<{ body: unknown }>(`/deliveries/${id}/received`)).body).toEqual(received.body);
  const decisions = await ask<PageBody<object>>(`/deliveries/${id}/decisions`, 'reader');
  expect(decisions.body.items).toMatchObject([
    { number: 1, verdict: 'quarantined', amount: null, supersededAt: expect.any(String) as string },
    { number: 2, verdict: 'rewarded', amount: 100, supersededAt: null },
  ]);
  const corrections = await ask<PageBody<object>>(`/deliveries/${id}/corrections`);
  expect(corrections.body.items).toMatchObject([
    { number: 1, fields: { CHAT_TYPE: 'DirectChat' }, note: 'seen', actor: 'operator', app: null },
  ]);
  const audit = await db.rows<{ action: string; actor: string }>(
    'SELECT action, actor FROM kakao_share.audit WHERE target = $1 ORDER BY id',
    [id],
  );
  expect(audit).toEqual([
    { action: 'delivery.mend', actor: 'operator' },
    { action: 'delivery.replay', actor: 'operator' },
  ]);
});

test('what came later under its resource id and says something else is shown beside what was received, as it came', async () => {
  const id = await deliver(share('first'), 'differing');
  await deliver(share('first'), 'differing');
  await deliver(share('second', MARK), 'differing');
  const received = await ask<object>(`/deliveries/${id}/received`);
  expect(received.body).toMatchObject({
    body: { text: share('first') },
    differingRepeats: [
      {
        ...{ method: 'POST', query: { text: null } },
        body: { text: share('second', MARK), base64: null },
        receivedAt: expect.any(String) as string,
      },
    ],
  });
});

test('a delivery is found by what a correction made of it: user, app and resource id', async () => {
  const id = await deliver(
    '{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"r"}',
    undefined,
    'admin-key-of-game',
  );
  const mended = await mend(id, {
    app: 'shop',
    resourceId: 'found-again',
    fields: { user_id: 'sora' },
  });
  expect(mended).toMatchObject({
    body: { app: 'shop', resourceId: 'found-again', claimedUserId: 'sora', verdict: 'quarantined' },
  });
  for (const query of ['userId=sora', 'resourceId=found-again', 'app=shop&verdict=quarantined']) {
    const { body } = await ask<PageBody<Corrected>>(`/deliveries?${query}`);
    expect(body.items.map((item) => item.id)).toContain(id);
  }
  expect((await ask(`/deliveries/${id}`, 'of-game')).status).toBe(404);
});

test('lists can be narrowed by time of receipt and by campaign', async () => {
  const id = await deliver(share('narrow'), 'narrow');
  const at = (offsetMs: number): string => new Date(Date.now() + offsetMs).toISOString();
  const count = async (query: string): Promise<number> =>
    (await ask<PageBody<Corrected>>(`/deliveries?resourceId=narrow&${query}`)).body.items.length;
  expect((await view(id)).verdict).toBe('rewarded');
  expect(await count(`receivedFrom=${at(-HOUR_MS)}&receivedTo=${at(HOUR_MS)}`)).toBe(1);
  expect(await count(`receivedFrom=${at(HOUR_MS)}`)).toBe(0);
  expect(await count(`receivedTo=${at(-HOUR_MS)}`)).toBe(0);
  expect(await count(`campaignId=${shopCampaign}`)).toBe(1);
  expect(await count(`campaignId=${NOBODY}`)).toBe(0);
});

test('a correction that leaves it not understood is answered 422 with what is left, and echoes nothing', async () => {
  const id = await deliver(`{"${MARK}"`, 'still-broken');
  const answer = await mend(id, { fields: { user_id: MARK, CHAT_TYPE: '' } });
  expect(answer).toMatchObject({
    status: 422,
    contentType: 'application/problem+json',
    body: { errors: ['CHAT_TYPE must have 1 to 64 characters', 'HASH_CHAT_ID is missing'] },
  });
  expect(answer.text).not.toContain(MARK);
});

test('a share that is known as another delivery is answered 409, likewise what has paid', async () => {
  const paid = await deliver(share('known'), 'known');
  const id = await deliver(share('known'), undefined);
  expect(await mend(id, { resourceId: 'known' })).toMatchObject({ status: 409 });
  expect(await mend(paid, { fields: { user_id: 'another' } })).toMatchObject({ status: 409 });
});

test.each<[string, object, string]>([
  ['no note', { note: undefined, app: 'shop' }, 'note'],
  ['an app that is not configured', { app: MARK }, 'app'],
  ['an empty resource id', { resourceId: '' }, 'resourceId'],
  ['an over-long resource id', { resourceId: MARK.repeat(26) }, 'resourceId'],
  ['a resource id that no header carries', { resourceId: `${MARK}공유` }, 'resourceId'],
  ['a resource id that begins with a space', { resourceId: ` ${MARK}` }, 'resourceId'],
  ['a resource id that ends with one', { resourceId: `${MARK} ` }, 'resourceId'],
  ['fields that are a list', { fields: [MARK] }, 'fields'],
  ['fields that are null', { fields: null }, 'fields'],
  ['a field that is a number', { fields: { user_id: 7 } }, 'fields'],
  ['a NUL', { fields: { user_id: `${MARK}\0` } }, 'fields'],
  ['a lone surrogate', { fields: { [`${MARK}\ud800`]: 'x' } }, 'fields'],
  [
    'too many fields',
    { fields: Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`f${index}`, 'x'])) },
    'fields',
  ],
  ['an over-long text', { fields: { user_id: MARK.repeat(500) } }, 'fields'],
  ['an unknown field', { userId: MARK }, 'field'],
])('a correction with %s is answered 400, names it and echoes nothing', async (_, given, field) => {
  const answer = await mend(quarantined, { fields: { user_id: 'x' }, ...given });
  expect(answer.status).toBe(400);
  expect(answer.body.errors?.[0]).toContain(field);
  expect(answer.text).not.toContain(MARK);
});

test('names that every object has are fields like others', async () => {
  const id = await deliver('{', 'toString', 'admin-key-of-game');
  const fields = { CHAT_TYPE: 'DirectChat', HASH_CHAT_ID: 'r', toString: 'x', valueOf: 'y' };
  expect((await mend(id, { fields })).status).toBe(201);
  await ask(`/deliveries/${id}/replay`, 'operator', { reason: 'mended' });
  await untilSettled(db);
  const [stored] = await db.rows('SELECT custom FROM kakao_share.shares WHERE id = $1', [id]);
  expect(stored).toEqual({ custom: { toString: 'x', valueOf: 'y' } });
});

test('who may only read sees no bytes and no corrections, who moves money mends nothing, nobody reaches other apps', async () => {
  const id = await deliver('{', 'scopes');
  const replays = { dryRun: true, reason: 'x', ...period() };
  for (const [path, body] of [
    [`/deliveries/${id}/received`, undefined],
    [`/deliveries/${id}/corrections`, undefined],
    [`/deliveries/${id}/corrections`, { note: 'x', fields: {} }],
    [`/deliveries/${id}/replay`, { reason: 'x' }],
    ['/replays', replays],
  ] as const) {
    expect((await ask(path, 'reader', body)).status).toBe(403);
    expect((await ask(path, 'cashier', body)).status).toBe(403);
    if (path !== '/replays') expect((await ask(path, 'of-game', body)).status).toBe(404);
  }
  expect((await ask('/replays', 'of-game', { ...replays, app: 'shop' })).status).toBe(400);
  const own = await deliver('{', 'scopes', 'admin-key-of-game');
  expect((await mend(own, { app: 'shop' }, 'of-game')).status).toBe(400);
});

test('a delivery that was mended to another app is replayed by who may work on that one, alone or among many', async () => {
  const id = await deliver('{"HASH_CHAT_ID":"r","user_id":"moved"}', 'moved');
  await mend(id, { app: 'game', fields: { CHAT_TYPE: 'DirectChat' } });
  const order = { dryRun: true, reason: 'x', verdicts: ['quarantined'], ...period() };
  const triedBy = async (caller: string): Promise<string[]> => {
    const { body } = await ask<{ examples: { deliveryId: string }[] }>('/replays', caller, order);
    return body.examples.map(({ deliveryId }) => deliveryId);
  };
  expect(await triedBy('of-game')).toContain(id);
  expect(await triedBy('of-shop')).not.toContain(id);
  expect((await ask(`/deliveries/${id}/replay`, 'of-shop', { reason: 'x' })).status).toBe(404);
});

test('who may work on one app does not take a delivery back to another, not even to the one that received it', async () => {
  const id = await deliver('{"HASH_CHAT_ID":"r","user_id":"moved"}', 'taken-back');
  const fields = { CHAT_TYPE: 'DirectChat' };
  await mend(id, { app: 'game', fields });
  const forged = { fields: { ...fields, user_id: 'somebody-else' } };
  expect(await mend(id, forged, 'of-game')).toMatchObject({
    status: 422,
    body: { errors: ['app: name one of yours, it was received by another'] },
  });
  expect(await view(id)).toMatchObject({ app: 'game', claimedUserId: 'moved', corrections: 1 });
  expect(await mend(id, { app: 'game', ...forged }, 'of-game')).toMatchObject({ status: 201 });
});

function period(): { receivedFrom: string; receivedTo: string } {
  return {
    receivedFrom: new Date(Date.now() - HOUR_MS).toISOString(),
    receivedTo: new Date(Date.now() + HOUR_MS).toISOString(),
  };
}

test('many are tried out, then replayed under a key, and a repeated request is answered as before, and marked', async () => {
  const noUser = '{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"many"}';
  const ids = [await deliver(noUser, 'many-1'), await deliver(noUser, 'many-2')];
  for (const id of ids) await mend(id, { fields: { user_id: `many-${id}` } });
  const order = { ...period(), app: 'shop', verdicts: ['no-user'], reason: 'users found' };
  const dry = await ask<{ credited: unknown }>('/replays', 'operator', { ...order, dryRun: true });
  expect(dry).toMatchObject({
    status: 200,
    body: {
      ...{ dryRun: true, deliveries: 2, nextCursor: null },
      changes: [{ before: 'no-user', after: 'rewarded', deliveries: 2 }],
      credited: [{ campaignId: shopCampaign, unit: 'point', deliveries: 2, amount: 200 }],
    },
  });
  expect((await ask('/replays', 'operator', { ...order, dryRun: false })).status).toBe(400);
  const key = { 'Idempotency-Key': 'many' };
  const run = () => ask<object>('/replays', 'operator', { ...order, dryRun: false }, key);
  const first = await run();
  expect(first).toMatchObject({ status: 202, body: { dryRun: false, deliveries: 2 } });
  await untilSettled(db);
  expect(first.body).toMatchObject({ repeated: false });
  expect(await run()).toMatchObject({ status: 200, body: { ...first.body, repeated: true } });
  const other = { ...order, dryRun: false, reason: 'another' };
  expect((await ask('/replays', 'operator', other, key)).status).toBe(409);
  for (const id of ids) expect(await view(id)).toMatchObject({ verdict: 'rewarded' });
});

test.each<[string, object, string]>([
  ['no dryRun', { dryRun: undefined }, 'dryRun'],
  ['no period', { receivedFrom: undefined }, 'receivedFrom'],
  ['a period that ends before it begins', { receivedTo: '2020-01-01T00:00:00Z' }, 'receivedTo'],
  ['a verdict that has paid', { verdicts: ['rewarded'] }, 'verdicts'],
  ['no verdict in the list', { verdicts: [] }, 'verdicts'],
  ['a limit beyond the bound', { limit: 1_001 }, 'limit'],
  ['a campaign that is no id', { campaignId: MARK }, 'campaignId'],
  ['a cursor that is no id', { cursor: MARK }, 'cursor'],
  ['no reason', { reason: undefined }, 'reason'],
])('a replay of many with %s is answered 400', async (_, given, field) => {
  const answer = await ask('/replays', 'operator', {
    ...{ dryRun: true, reason: 'x', ...period() },
    ...given,
  });
  expect(answer.status).toBe(400);
  expect(answer.body.errors?.[0]).toContain(field);
  expect(answer.text).not.toContain(MARK);
});

test('erasing a person empties corrections that name them, and what was received; neither is mended or replayed any more', async () => {
  const id = await deliver(`{"HASH_CHAT_ID":"${MARK}"}`, 'erased', 'admin-key-of-game');
  await mend(id, { fields: { CHAT_TYPE: 'DirectChat', user_id: 'erased-user' } });
  await ask(`/deliveries/${id}/replay`, 'operator', { reason: 'mended' });
  await untilSettled(db);
  await mend(id, { fields: { CHAT_TYPE: 'DirectChat', user_id: 'erased-user' } });
  const erased = await call(service, '/v1/users/erased-user?app=game', bearer('operator'), {
    method: 'DELETE',
    body: '{"reason":"asked for it"}',
  });
  expect(erased.status).toBe(200);
  expect((await ask<{ erased: boolean }>(`/deliveries/${id}/received`)).body.erased).toBe(true);
  const { body } = await ask<PageBody<object>>(`/deliveries/${id}/corrections`);
  expect(body.items).toMatchObject([{ fields: null }, { fields: null }]);
  const again = { reason: 'erased' };
  expect((await ask(`/deliveries/${id}/replay`, 'operator', again)).status).toBe(409);
  expect((await mend(id, { fields: { user_id: 'x' } })).status).toBe(409);
  const left = await db.number(
    'SELECT count(*) FROM kakao_share.delivery_corrections WHERE delivery_id = $1 AND user_id IS NOT NULL',
    [id],
  );
  expect(left).toBe(0);
});
