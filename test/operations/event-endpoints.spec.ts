import { newId } from '../../src/database/new-id.js';
import { MASTER_KEY, verify } from '../endpoints/given-endpoint.js';
import { answerWith, startReceiver, type Receiver } from '../endpoints/receiver.js';
import { happen } from '../events/happen.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestService, untilTold, type TestService } from '../support/test-service.js';
import {
  ask,
  BECAUSE,
  create,
  ENVIRONMENT,
  look,
  PATH,
  SECRET,
  UNKNOWN_ID,
  type AttemptBody,
  type EndpointBody,
} from './event-endpoints.js';
import { bearer, type PageBody } from './management.js';

let db: TestDatabase;
let service: TestService;
let receiver: Receiver;

beforeEach(async () => {
  db = await createTestDatabase();
  receiver = await startReceiver();
  service = await startTestService(db, { environment: ENVIRONMENT });
});
afterEach(async () => {
  await service.stop();
  await receiver.close();
  await db.drop();
});

describe('an endpoint', () => {
  test('is created, called and shown, its secret told once', async () => {
    const made = await create(service, {
      url: receiver.url,
      description: 'the wallet',
      types: ['kakao.share.recorded'],
    });
    expect(made).toMatchObject({
      ...{ app: 'default', url: receiver.url, types: ['kakao.share.recorded'] },
      ...{ description: 'the wallet', includeRoomHash: false, state: 'active', waiting: 0 },
      secrets: [{ expiresAt: null }],
    });
    await happen(db.database, ['minji']);
    await untilTold(db);
    const [request] = receiver.received;
    if (request === undefined) throw new Error('nothing arrived');
    expect(verify(made.secret, request)).toMatchObject({ subject: 'minji' });
    const shown = await look(service, made.id);
    expect(shown).toMatchObject({ state: 'active', lastDeliveredAt: expect.any(String) as string });
    const list = await ask<PageBody<EndpointBody>>(service, 'GET', '');
    expect(list.body.items.map(({ id }) => id)).toEqual([made.id]);
    expect(JSON.stringify([shown, list.body])).not.toContain('whsec');
  });

  test('is changed in what is named alone, from the next attempt on', async () => {
    const { id } = await create(service, {
      url: receiver.url,
      description: 'the wallet',
      types: ['reward.credited'],
    });
    const url = `${receiver.url}/new`;
    const changed = await ask(service, 'PATCH', `/${id}`, { ...BECAUSE, url, types: null });
    expect(changed).toMatchObject({
      status: 200,
      body: { url, types: null, description: 'the wallet', includeRoomHash: false },
    });
    expect(
      (await ask(service, 'PATCH', `/${id}`, { ...BECAUSE, description: null })).body,
    ).toMatchObject({
      ...{ url, types: null, description: null },
    });
    expect(
      await ask(service, 'PATCH', `/${id}`, { ...BECAUSE, includeRoomHash: true }),
    ).toMatchObject({
      body: { includeRoomHash: true },
    });
    await happen(db.database, ['minji']);
    await untilTold(db);
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook/new']);
  });

  test('is deleted with whatever waits for it', async () => {
    const { id } = await create(service, { url: receiver.url });
    await ask(service, 'POST', `/${id}/pause`, BECAUSE);
    await happen(db.database, ['minji']);
    expect((await look(service, id)).waiting).toBe(1);
    expect((await ask(service, 'DELETE', `/${id}`, BECAUSE)).status).toBe(204);
    for (const [method, path] of [
      ['GET', `/${id}`],
      ['GET', `/${id}/deliveries`],
      ['PATCH', `/${id}`],
      ['DELETE', `/${id}`],
      ['POST', `/${id}/resume`],
    ] as const)
      expect(
        (await ask(service, method, path, method === 'GET' ? undefined : BECAUSE)).status,
      ).toBe(404);
  });

  test('is paused and resumed, and says since when and why', async () => {
    const { id } = await create(service, { url: receiver.url });
    const paused = await ask(service, 'POST', `/${id}/pause`, { reason: 'the wallet moves' });
    expect(paused).toMatchObject({
      status: 200,
      body: { state: 'paused', reason: 'the wallet moves', since: expect.any(String) as string },
    });
    await happen(db.database, ['minji']);
    expect(await look(service, id)).toMatchObject({ state: 'paused', waiting: 1 });
    expect((await ask(service, 'POST', `/${id}/resume`, BECAUSE)).body).toMatchObject({
      state: 'active',
    });
    await untilTold(db);
    expect(receiver.received).toHaveLength(1);
  });

  test('that fails says so, with the reason, and its log tells each attempt', async () => {
    receiver.answer = answerWith(503, { 'Retry-After': '60' });
    const { id } = await create(service, { url: receiver.url });
    await happen(db.database, ['minji']);
    await eventually(async () => {
      expect(await look(service, id)).toMatchObject({
        ...{ state: 'failing', waiting: 1, since: expect.any(String) as string },
        reason: expect.stringContaining('the endpoint answered 503') as string,
      });
    });
    const { body } = await ask<PageBody<AttemptBody>>(
      service,
      'GET',
      `/${id}/deliveries?outcome=failed`,
    );
    expect(body).toEqual({
      items: [
        expect.objectContaining({
          ...{ statusCode: 503, outcome: 'failed', error: 'the endpoint answered 503' },
          durationMs: expect.any(Number) as number,
        }),
      ],
      nextCursor: null,
    });
    const eventId = body.items[0]?.eventId ?? '';
    const count = async (query: string): Promise<number> =>
      (await ask<PageBody<AttemptBody>>(service, 'GET', `/${id}/deliveries?${query}`)).body.items
        .length;
    expect(await count(`eventId=${eventId}`)).toBe(1);
    expect(await count(`eventId=${newId()}`)).toBe(0);
    expect(await count('outcome=delivered')).toBe(0);
    // Resuming does not wait for the rest that it asked for.
    receiver.answer = answerWith(200);
    await ask(service, 'POST', `/${id}/resume`, BECAUSE);
    await untilTold(db);
    expect(await count('outcome=delivered')).toBe(1);
  });

  test('that is gone is paused by itself, visibly, and others are told', async () => {
    receiver.answer = answerWith(410);
    const { id } = await create(service, { url: receiver.url, types: ['kakao.share.recorded'] });
    await happen(db.database, ['minji']);
    await eventually(async () => {
      expect(await look(service, id)).toMatchObject({
        state: 'paused',
        reason: expect.stringContaining('the endpoint answered 410') as string,
      });
    });
    const events = await service.api<PageBody<{ event: { data: object } }>>(
      '/v1/events?type=event-endpoint.paused',
    );
    expect(events.body.items).toMatchObject([
      { event: { data: { endpointId: id, app: 'default' } } },
    ]);
  });
});

describe('an id that is written in capitals', () => {
  test('names the same endpoint: what is asked for happens to it', async () => {
    const { id } = await create(service, { url: receiver.url });
    const path = `/${id.toUpperCase()}`;
    const state = async (): Promise<string> => (await look(service, id)).state;
    expect((await ask(service, 'POST', `${path}/pause`, BECAUSE)).body.state).toBe('paused');
    expect(await state()).toBe('paused');
    await happen(db.database, ['minji']);
    expect((await ask(service, 'POST', `${path}/resume`, BECAUSE)).body.state).toBe('active');
    await untilTold(db);
    const [first] = await db.rows<{ id: string }>('SELECT id FROM kakao_share.events');
    const again = { ...BECAUSE, eventIds: [first?.id.toUpperCase()] };
    expect(await ask(service, 'POST', `${path}/replay`, again)).toMatchObject({
      status: 202,
      body: { replayed: 1 },
    });
    await untilTold(db);
    const { secret = '' } = (await ask(service, 'POST', `${path}/rotate-secret`, BECAUSE)).body;
    await happen(db.database, ['minji']);
    await untilTold(db);
    const [last] = receiver.received.slice(-1);
    if (last === undefined) throw new Error('nothing arrived');
    expect(() => verify(secret, last)).not.toThrow();
    const types = ['reward.credited'];
    expect((await ask(service, 'PATCH', path, { ...BECAUSE, types })).body.types).toEqual(types);
    expect((await ask(service, 'DELETE', path, BECAUSE)).status).toBe(204);
    expect(
      await db.rows(
        `SELECT name FROM kakao_share.destinations WHERE kind = 'endpoint' AND removed_at IS NULL`,
      ),
    ).toEqual([]);
  });
});

describe('a secret', () => {
  test('is rotated: old and new sign for as long as was asked', async () => {
    const made = await create(service, { url: receiver.url });
    const rotated = await ask(service, 'POST', `/${made.id}/rotate-secret`, {
      ...BECAUSE,
      overlapHours: 1,
    });
    expect(rotated).toMatchObject({
      status: 200,
      body: { secret: expect.stringMatching(SECRET) as string },
    });
    expect(rotated.body.secret).not.toBe(made.secret);
    const expiresAt = Date.parse(rotated.body.secrets[1]?.expiresAt ?? '');
    expect(Math.abs(expiresAt - Date.now() - 3_600_000)).toBeLessThan(60_000);
    await happen(db.database, ['minji']);
    await untilTold(db);
    const [request] = receiver.received;
    if (request === undefined) throw new Error('nothing arrived');
    for (const secret of [made.secret, rotated.body.secret ?? ''])
      expect(() => verify(secret, request)).not.toThrow();
  });

  test('overlaps for a day unless told otherwise; too many at once are refused, and 0 hours ends them all', async () => {
    const { id } = await create(service, { url: receiver.url });
    const rotate = (settings: object = {}) =>
      ask(service, 'POST', `/${id}/rotate-secret`, { ...BECAUSE, ...settings });
    const first = await rotate();
    const expiresAt = Date.parse(first.body.secrets[1]?.expiresAt ?? '');
    expect(Math.abs(expiresAt - Date.now() - 24 * 3_600_000)).toBeLessThan(60_000);
    expect((await rotate()).status).toBe(200);
    const refused = await rotate();
    expect(refused).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('overlapHours 0') as string },
    });
    expect((await look(service, id)).secrets).toHaveLength(3);
    expect((await rotate({ overlapHours: 0 })).body.secrets).toHaveLength(1);
  });

  test('stands in no table and no later answer, nor does the key that it comes from', async () => {
    const made = await create(service, { url: receiver.url });
    const { body } = await ask(service, 'POST', `/${made.id}/rotate-secret`, BECAUSE);
    await happen(db.database, ['minji']);
    await untilTold(db);
    const answers = await Promise.all([
      ...['', `/${made.id}`, `/${made.id}/deliveries`].map((path) => ask(service, 'GET', path)),
      ask(service, 'PATCH', `/${made.id}`, { ...BECAUSE, description: 'x' }),
      service.api('/v1/events'),
    ]);
    const rows = await db.rows('SELECT * FROM kakao_share.audit');
    const secrets = await db.rows('SELECT * FROM kakao_share.event_endpoint_secrets');
    const told = JSON.stringify([answers, rows, secrets]);
    for (const hidden of [made.secret, body.secret ?? '', MASTER_KEY])
      expect(told).not.toContain(hidden.replace('whsec_', ''));
  });
});

describe('past events', () => {
  test('are sent again: of a period, of some types, or by id', async () => {
    await happen(db.database, ['minji', 'jisoo']);
    const { id } = await create(service, { url: receiver.url });
    const from = new Date(Date.now() - 3_600_000).toISOString();
    const to = new Date(Date.now() + 3_600_000).toISOString();
    const replay = (order: object) =>
      ask<{ replayed: number }>(service, 'POST', `/${id}/replay`, { ...BECAUSE, ...order });
    expect(await replay({ from, to, types: ['reward.credited'] })).toEqual({
      status: 202,
      body: { replayed: 0, nextCursor: null },
    });
    expect((await replay({ from, to })).body.replayed).toBe(2);
    await untilTold(db);
    expect(receiver.received).toHaveLength(2);
    const eventId = receiver.received[0]?.headers['webhook-id'];
    expect((await replay({ eventIds: [eventId] })).body.replayed).toBe(1);
    await untilTold(db);
    expect(receiver.received[2]?.body).toBe(receiver.received[0]?.body);
    expect(receiver.received[2]?.headers['webhook-id']).toBe(eventId);
  });
});

describe('events that an endpoint would not take', () => {
  interface Refused {
    readonly eventId: string;
    readonly reason: string;
    readonly refusedAt: string;
  }
  const list = async (id: string, query = ''): Promise<PageBody<Refused>> =>
    (await ask<PageBody<Refused>>(service, 'GET', `/${id}/refused-events${query}`)).body;

  test('are listed in pages, newest first, and given up by id or all at once', async () => {
    receiver.answer = answerWith(422);
    const { id } = await create(service, { url: receiver.url });
    const other = await create(service, { url: receiver.url });
    await happen(db.database, ['minji', 'jisoo', 'hana']);
    await untilTold(db);
    const { items } = await list(id);
    const ids = items.map(({ eventId }) => eventId);
    expect(ids).toHaveLength(3);
    expect(ids).toEqual(ids.toSorted().reverse());
    expect(items[0]).toEqual({
      eventId: ids[0],
      reason: expect.stringContaining('the endpoint answered 422') as string,
      refusedAt: expect.any(String) as string,
    });
    const first = await list(id, '?limit=2');
    const second = await list(id, `?limit=2&cursor=${first.nextCursor ?? ''}`);
    expect([first, second].map((page) => page.items.length)).toEqual([2, 1]);
    const discard = (order: object): ReturnType<typeof ask> =>
      ask(service, 'POST', `/${id.toUpperCase()}/refused-events/discard`, { ...BECAUSE, ...order });
    expect(await discard({ eventIds: ids.slice(0, 1) })).toEqual({
      status: 200,
      body: { discarded: 1 },
    });
    expect((await list(id.toUpperCase())).items.map(({ eventId }) => eventId)).toEqual(
      ids.slice(1),
    );
    expect(await discard({})).toMatchObject({ body: { discarded: 2 } });
    expect((await look(service, id)).refused).toBe(0);
    // Another endpoint's stay where they are.
    expect((await look(service, other.id)).refused).toBe(3);
    const written = await db.rows(
      `SELECT actor, app, target, reason, after FROM kakao_share.audit WHERE action = 'event-endpoint.discard' ORDER BY id`,
    );
    const who = { actor: 'everything', app: 'default', target: id, reason: 'a test' };
    expect(written).toEqual([
      { ...who, after: { eventIds: ids.slice(0, 1), discarded: 1 } },
      { ...who, after: { discarded: 2 } },
    ]);
  });

  test('are named by ids alone, and given up with a reason', async () => {
    const { id } = await create(service, { url: receiver.url });
    const discard = async (body: object): Promise<number> =>
      (await ask(service, 'POST', `/${id}/refused-events/discard`, body)).status;
    for (const body of [{}, { ...BECAUSE, eventIds: [] }, { ...BECAUSE, eventIds: ['x'] }])
      expect(await discard(body)).toBe(400);
  });
});

describe('a caller', () => {
  test('of one app touches, and sees, only its own', async () => {
    const of = async (app: string): Promise<string> =>
      (await create(service, { url: receiver.url, app })).id;
    const [shop, game] = [await of('shop'), await of('game')];
    const list = await ask<PageBody<EndpointBody>>(service, 'GET', '', undefined, 'shop');
    expect(list.body.items.map(({ id }) => id)).toEqual([shop]);
    expect((await ask(service, 'GET', '?app=game', undefined, 'shop')).status).toBe(400);
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['GET', '/deliveries', undefined],
      ['GET', '/refused-events', undefined],
      ['POST', '/refused-events/discard', BECAUSE],
      ['PATCH', '', { ...BECAUSE, url: receiver.url }],
      ['POST', '/rotate-secret', BECAUSE],
      ['POST', '/pause', BECAUSE],
      ['POST', '/resume', BECAUSE],
      ['POST', '/replay', { ...BECAUSE, eventIds: [UNKNOWN_ID] }],
      ['DELETE', '', BECAUSE],
    ] as const) {
      expect([
        method,
        path,
        (await ask(service, method, `/${game}${path}`, body, 'shop')).status,
      ]).toEqual([...[method, path, 404]]);
    }
    expect((await look(service, game)).state).toBe('active');
    const refused = await ask(service, 'POST', '', { url: receiver.url, app: 'game' }, 'shop');
    expect(refused.status).toBe(400);
    // It has one app, which needs no name.
    const made = await ask(service, 'POST', '', { url: receiver.url }, 'shop');
    expect(made).toMatchObject({ status: 201, body: { app: 'shop' } });
  });

  test('may look with one scope and change with the other', async () => {
    const { id } = await create(service, { url: receiver.url });
    expect((await ask(service, 'GET', `/${id}`, undefined, 'reader')).status).toBe(200);
    for (const list of ['deliveries', 'refused-events'])
      expect((await ask(service, 'GET', `/${id}/${list}`, undefined, 'reader')).status).toBe(200);
    for (const path of ['', '/refused-events'])
      expect((await ask(service, 'GET', `/${id}${path}`, undefined, 'operator')).status).toBe(403);
    for (const [method, path, body] of [
      ['POST', '', { url: receiver.url, app: 'shop' }],
      ['PATCH', `/${id}`, BECAUSE],
      ['DELETE', `/${id}`, BECAUSE],
      ['POST', `/${id}/rotate-secret`, BECAUSE],
      ['POST', `/${id}/pause`, BECAUSE],
      ['POST', `/${id}/resume`, BECAUSE],
      ['POST', `/${id}/replay`, { ...BECAUSE, eventIds: [UNKNOWN_ID] }],
      ['POST', `/${id}/refused-events/discard`, BECAUSE],
    ] as const) {
      for (const who of ['reader', 'banker'])
        expect((await ask(service, method, path, body, who)).status).toBe(403);
    }
    expect((await ask(service, 'POST', `/${id}/pause`, BECAUSE, 'operator')).status).toBe(200);
  });

  test('stands in the audit with each change and its reason', async () => {
    const { id } = await create(service, { url: receiver.url });
    await ask(service, 'PATCH', `/${id}`, { ...BECAUSE, description: 'x' });
    await ask(service, 'POST', `/${id}/rotate-secret`, BECAUSE);
    await ask(service, 'POST', `/${id}/pause`, BECAUSE);
    await ask(service, 'POST', `/${id}/resume`, BECAUSE);
    await ask(service, 'POST', `/${id}/replay`, { ...BECAUSE, eventIds: [UNKNOWN_ID] });
    await ask(service, 'POST', `/${id}/refused-events/discard`, BECAUSE);
    await ask(service, 'DELETE', `/${id}`, BECAUSE);
    const written = await db.rows<{ action: string }>(
      `SELECT action, actor, app, target, reason FROM kakao_share.audit ORDER BY id`,
    );
    expect(written.map(({ action }) => action)).toEqual(
      ['create', 'change', 'rotate-secret', 'pause', 'resume', 'replay', 'discard', 'delete'].map(
        (what) => `event-endpoint.${what}`,
      ),
    );
    expect(written.slice(1)).toEqual(
      written.slice(1).map(({ action }) => ({
        action,
        actor: 'everything',
        app: 'default',
        target: id,
        reason: 'a test',
      })),
    );
  });
});

test('lists come in pages', async () => {
  const made: string[] = [];
  for (let count = 0; count < 3; count++)
    made.unshift((await create(service, { url: receiver.url })).id);
  const first = await ask<PageBody<EndpointBody>>(service, 'GET', '?limit=2&app=default');
  const second = await ask<PageBody<EndpointBody>>(
    service,
    'GET',
    `?limit=2&app=default&cursor=${first.body.nextCursor ?? ''}`,
  );
  expect([first, second].map(({ body }) => body.items.map(({ id }) => id))).toEqual([
    made.slice(0, 2),
    made.slice(2),
  ]);
  expect(second.body.nextCursor).toBeNull();
});

test('an app has 100 endpoints at most, however many come at once', async () => {
  await db.rows(
    `INSERT INTO kakao_share.event_endpoints (id, app, url, includes_room_hash)
     SELECT gen_random_uuid(), 'game', 'https://hooks.example/', false FROM generate_series(1, 98)`,
  );
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => ask(service, 'POST', '', { url: receiver.url, app: 'game' })),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409, 409]);
  expect((await ask(service, 'POST', '', { url: receiver.url, app: 'shop' })).status).toBe(201);
});

test('where webhooks are not chosen no endpoint is made, and those that are there can be seen and ended', async () => {
  const { id } = await create(service, { url: receiver.url });
  const other = await startTestService(db, {
    environment: { ...ENVIRONMENT, EVENT_TRANSPORTS: 'in-process' },
  });
  const at = async (method: string, path: string, body?: object): Promise<number> => {
    const response = await fetch(`${other.url}${PATH}${path}`, {
      method,
      headers: { Authorization: bearer('everything'), 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return response.status;
  };
  expect(await at('POST', '', { url: 'https://8.8.8.8/', app: 'shop' })).toBe(503);
  expect(await at('POST', `/${id}/rotate-secret`, BECAUSE)).toBe(503);
  expect(await at('GET', `/${id}`)).toBe(200);
  expect(await at('POST', `/${id}/pause`, BECAUSE)).toBe(200);
  expect(await at('DELETE', `/${id}`, BECAUSE)).toBe(204);
  await other.stop();
});
