import { addDestinations } from '../../src/relay/destinations.js';
import { happen } from '../events/happen.js';
import { givenDestinations } from '../relay/given-destinations.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestService, type TestService } from '../support/test-service.js';
import { apiTokens, bearer, call, type PageBody } from './management.js';

interface DestinationBody {
  readonly name: string;
  readonly state: string;
  readonly since: string | null;
  readonly reason: string | null;
  readonly waiting: number;
  readonly waitingSince: string | null;
  readonly refused: number;
  readonly lastPublishedAt: string | null;
}

let db: TestDatabase;
let service: TestService;

beforeEach(async () => {
  db = await createTestDatabase();
  await givenDestinations(db.database, ['in-process', 'former']);
  // As if the transport had left the settings an hour ago.
  await db.rows(
    `UPDATE kakao_share.destinations SET created_at = created_at - interval '1 h' WHERE name = 'former'`,
  );
  service = await startTestService(db, {
    environment: {
      EVENT_TRANSPORTS: 'in-process',
      API_TOKENS: apiTokens({
        reader: { scopes: ['read'] },
        operator: { scopes: ['operate'] },
        shop: { scopes: ['read', 'operate'], apps: ['default'] },
      }),
    },
  });
});
afterEach(async () => {
  await service.stop();
  await db.drop();
});

const send = (body: object, method = 'POST') => ({ method, body: JSON.stringify(body) });
const BECAUSE = send({ reason: 'test' });

async function look(name: string): Promise<DestinationBody> {
  const { status, body } = await service.api<DestinationBody>(`/v1/destinations/${name}`);
  expect(status).toBe(200);
  return body;
}

test('each destination tells its state and its lag', async () => {
  await happen(db.database, ['minji', 'jisu']);
  await eventually(async () => {
    expect(await look('in-process')).toMatchObject({
      ...{ state: 'ok', waiting: 0, waitingSince: null, refused: 0 },
      lastPublishedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    });
  });
  expect(await look('former')).toMatchObject({
    ...{ state: 'unserved', waiting: 2, lastPublishedAt: null },
    waitingSince: expect.stringMatching(/^\d{4}-.*Z$/) as string,
  });
  const list = await service.api<PageBody<DestinationBody>>('/v1/destinations');
  expect(list.body.items.map(({ name }) => name)).toEqual(['former', 'in-process']);
});

test('what is not well stands in the body of /health/ready, never in its status', async () => {
  await eventually(async () => {
    expect(await service.api('/health/ready')).toMatchObject({
      status: 200,
      body: { status: 'degraded', parts: { events: { former: 'unserved' } } },
    });
  });
});

test('a paused destination keeps its events until it is resumed, and the audit says who and why', async () => {
  await eventually(async () => {
    expect((await look('in-process')).state).toBe('ok');
  });
  const paused = await service.api<DestinationBody>('/v1/destinations/in-process/pause', BECAUSE);
  expect(paused).toMatchObject({ status: 200, body: { state: 'paused', reason: 'test' } });
  await happen(db.database, ['minji']);
  expect(await look('in-process')).toMatchObject({ state: 'paused', waiting: 1 });
  const resumed = await service.api('/v1/destinations/in-process/resume', BECAUSE);
  expect(resumed.status).toBe(200);
  await eventually(async () => {
    expect(await look('in-process')).toMatchObject({ state: 'ok', waiting: 0 });
  });
  expect(
    await db.rows('SELECT actor, action, target, reason FROM kakao_share.audit ORDER BY id'),
  ).toEqual([
    { actor: 'admin', action: 'destination.pause', target: 'in-process', reason: 'test' },
    { actor: 'admin', action: 'destination.resume', target: 'in-process', reason: 'test' },
  ]);
});

test('one that nobody serves can be removed, with what waits for it; one that is served cannot', async () => {
  await happen(db.database, ['minji']);
  const served = await service.api(
    '/v1/destinations/in-process',
    send({ reason: 'test' }, 'DELETE'),
  );
  expect(served.status).toBe(409);
  const removed = await call(
    service,
    '/v1/destinations/former',
    bearer('reader'),
    send({ reason: 'test' }, 'DELETE'),
  );
  expect(removed.status).toBe(403);
  const answer = await fetch(`${service.url}/v1/destinations/former`, {
    ...send({ reason: 'test' }, 'DELETE'),
    headers: { Authorization: bearer('operator'), 'Content-Type': 'application/json' },
  });
  expect(answer.status).toBe(204);
  expect((await look('former')).state).toBe('removing');
  await happen(db.database, ['minji']);
  expect((await look('former')).waiting).toBeLessThanOrEqual(1);
});

test('one that nobody serves can be removed while it is paused', async () => {
  await service.api('/v1/destinations/former/pause', BECAUSE);
  const { status } = await fetch(`${service.url}/v1/destinations/former`, {
    ...send({ reason: 'test' }, 'DELETE'),
    headers: { Authorization: bearer('operator'), 'Content-Type': 'application/json' },
  });
  expect(status).toBe(204);
});

test('refused events are listed with their reasons, sent again, all or some, or given up', async () => {
  await happen(db.database, ['minji', 'jisu', 'haneul']);
  await db.rows(
    `WITH gone AS (DELETE FROM kakao_share.outbox WHERE destination = 'former' RETURNING *)
     INSERT INTO kakao_share.refused_events (destination, event_id, shard, reason)
     SELECT destination, event_id, shard, 'larger than we take' FROM gone`,
  );
  const list = await service.api<PageBody<{ eventId: string; reason: string }>>(
    '/v1/destinations/former/refused-events?limit=2',
  );
  expect(list.body.items.map(({ reason }) => reason)).toEqual(Array(2).fill('larger than we take'));
  expect(list.body.nextCursor).toBe(list.body.items[1]?.eventId);
  const path = '/v1/destinations/former/refused-events/resend';
  const one = { reason: 'mended', eventIds: [list.body.items[0]?.eventId] };
  expect(await service.api(path, send(one))).toEqual({ status: 202, body: { resent: 1 } });
  expect(await look('former')).toMatchObject({ refused: 2, waiting: 1 });
  const other = { reason: 'not worth it', eventIds: [list.body.items[1]?.eventId] };
  expect(await service.api('/v1/destinations/former/refused-events/discard', send(other))).toEqual({
    status: 200,
    body: { discarded: 1 },
  });
  expect(await service.api(path, send({ reason: 'mended' }))).toEqual({
    status: 202,
    body: { resent: 1 },
  });
  expect(await look('former')).toMatchObject({ refused: 0, waiting: 2 });
});

const BAD: readonly [string, string, object, number][] = [
  ['no reason', 'in-process/pause', {}, 400],
  ['an unknown field', 'in-process/pause', { reason: 'x', more: 1 }, 400],
  ['an unknown destination', 'nowhere/pause', { reason: 'x' }, 404],
  ['an id that is none', 'in-process/refused-events/resend', { reason: 'x', eventIds: ['1'] }, 400],
  ['no id in the list', 'in-process/refused-events/resend', { reason: 'x', eventIds: [] }, 400],
  [
    'ids that are no list',
    'in-process/refused-events/resend',
    { reason: 'x', eventIds: 'all' },
    400,
  ],
  [
    'more ids than are sent at once',
    'in-process/refused-events/resend',
    { reason: 'x', eventIds: Array(1_001).fill('019a0000-0000-7000-8000-000000000000') },
    400,
  ],
];

test.each(BAD)('%s is answered with what is wrong', async (_, path, body, status) => {
  expect((await service.api(`/v1/destinations/${path}`, send(body))).status).toBe(status);
});

test('a caller of one app may neither see nor touch what all apps share', async () => {
  for (const path of ['/v1/destinations', '/v1/destinations/in-process'])
    expect((await call(service, path, bearer('shop'))).status).toBe(403);
  const pause = await call(service, '/v1/destinations/in-process/pause', bearer('shop'), BECAUSE);
  expect(pause.status).toBe(403);
  expect((await look('in-process')).state).not.toBe('paused');
});

test('a name that no table can hold is unknown like any other', async () => {
  for (const name of ['%00', 'in-process%00', 'handler:a%0D%0Ab']) {
    const path = `/v1/destinations/${name}`;
    expect((await service.api(path)).status).toBe(404);
    expect((await service.api(`${path}/refused-events`)).status).toBe(404);
    expect((await service.api(`${path}/pause`, BECAUSE)).status).toBe(404);
  }
});

test('endpoints that no relay calls are told as one, webhooks', async () => {
  const endpoint = 'endpoint:019a0000-0000-7000-8000-000000000000';
  await db.database.transaction({ statementTimeoutMs: 10_000 }, (tx) =>
    addDestinations(tx, [{ name: endpoint, kind: 'endpoint', app: 'default' }]),
  );
  const events = async (): Promise<unknown> =>
    (await service.api<{ parts: { events: unknown } }>('/health/ready')).body.parts.events;
  const untilToldAs = (expected: object): Promise<void> =>
    eventually(async () => {
      expect(await events()).toEqual(expected);
    });
  await untilToldAs({ former: 'unserved' });
  await db.rows(
    `UPDATE kakao_share.destinations SET created_at = created_at - interval '1 h' WHERE kind = 'endpoint'`,
  );
  await untilToldAs({ former: 'unserved', webhooks: 'unserved' });
});
