import { Logger } from '@nestjs/common';
import { LookupOverdueError } from '../../src/endpoints/bounded-lookups.js';
import { changeEndpoint } from '../../src/endpoints/change-endpoint.js';
import { EndpointDirectory } from '../../src/endpoints/endpoint-directory.js';
import { EndpointKeys } from '../../src/endpoints/endpoint-keys.js';
import { EndpointTransport } from '../../src/endpoints/endpoint-transport.js';
import { NetworkPolicy } from '../../src/endpoints/network-policy.js';
import { deleteEndpoint } from '../../src/endpoints/delete-endpoint.js';
import { pauseEndpoint, resumeEndpoint } from '../../src/endpoints/pause-endpoint.js';
import { rotateSecret } from '../../src/endpoints/rotate-secret.js';
import { WebhookSender } from '../../src/endpoints/webhook-sender.js';
import { DestinationUnavailableError } from '../../src/relay/event-transport.js';
import { finishRemovals } from '../../src/relay/finish-removals.js';
import { Relay } from '../../src/relay/relay.js';
import { happen } from '../events/happen.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { untilTold } from '../support/test-service.js';
import { givenEvents } from '../transports/given-events.js';
import {
  byTest,
  givenEndpoint,
  inTransaction,
  KEYS,
  MASTER_KEY,
  verify,
} from './given-endpoint.js';
import { answerWith, startReceiver, type Receiver } from './receiver.js';

const STOP_LIMIT_MS = 10_000;
const HOUR_MS = 3_600_000;

let db: TestDatabase;
let receiver: Receiver;
let stopping: (() => Promise<void>)[];

beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(async () => {
  db = await createTestDatabase();
  receiver = await startReceiver();
  stopping = [];
});
afterEach(async () => {
  for (const stop of stopping) await stop();
  await receiver.close();
  await db.drop();
});

/** A process that serves endpoints, in networks of this machine. */
function startRelay(keys = KEYS, clock = { aheadMs: 0 }): void {
  const logger = new Logger('Relay');
  const relay = new Relay(db.database, [], logger, { clock });
  const policy = new NetworkPolicy(['127.0.0.0/8']);
  const directory = new EndpointDirectory({ database: db.database, relay, keys, policy, logger });
  relay.start();
  directory.start();
  stopping.push(async () => {
    await directory.stop(STOP_LIMIT_MS);
    await relay.stop(STOP_LIMIT_MS);
  });
}

async function untilReceived(count: number): Promise<void> {
  await eventually(() => {
    if (receiver.received.length < count)
      throw new Error(`${receiver.received.length} of ${count} requests arrived`);
  });
}

const paused = (id: string): Promise<number> =>
  db.number(
    `SELECT count(*) FROM kakao_share.destinations WHERE name = 'endpoint:' || $1 AND paused_at IS NOT NULL`,
    [id],
  );

async function untilPaused(id: string): Promise<void> {
  await eventually(async () => {
    if ((await paused(id)) === 0) throw new Error('the endpoint is not paused');
  });
}

/** How long the shard that failed rests from its failure on, once one has failed. */
const restSeconds = (): Promise<number> =>
  eventually(async () => {
    const [failed] = await db.rows<{ rest: number }>(
      `SELECT round(extract(epoch FROM retry_at - failed_at))::integer AS rest FROM kakao_share.relay_leases WHERE failures > 0`,
    );
    if (failed === undefined) throw new Error('nothing has failed');
    return failed.rest;
  });

const log = (): Promise<Record<string, unknown>[]> =>
  db.rows(
    'SELECT event_id, status_code, outcome, error FROM kakao_share.event_endpoint_deliveries ORDER BY id',
  );

describe('what arrives', () => {
  test('is the event, signed as the specification says, and the log tells of it', async () => {
    const { id, secret } = await givenEndpoint(db.database, { url: receiver.url });
    await happen(db.database, ['minji']);
    startRelay();
    await untilTold(db);
    const [request] = receiver.received;
    if (request === undefined) throw new Error('nothing arrived');
    const event = verify(secret, request) as Record<string, unknown>;
    expect(event).toMatchObject({
      ...{ specversion: '1.0', type: 'kakao.share.recorded', subject: 'minji' },
      id: request.headers['webhook-id'],
    });
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'nestjs-kakao-share',
    });
    expect(await log()).toEqual([
      { event_id: event.id, status_code: 204, outcome: 'delivered', error: null },
    ]);
    expect(
      await db.number(
        'SELECT count(*) FROM kakao_share.event_endpoint_deliveries WHERE endpoint_id = $1 AND duration_ms < 8000',
        [id],
      ),
    ).toBe(1);
  });

  test('keeps the order of each user, several users side by side', async () => {
    await givenEndpoint(db.database, { url: receiver.url });
    const users = Array.from({ length: 12 }, (_, index) => `user-${index}`);
    for (let round = 0; round < 5; round++) await happen(db.database, users);
    startRelay();
    await untilTold(db);
    for (const user of users) {
      const sequences = receiver.received
        .map(({ body }) => JSON.parse(body) as { subject: string; sequence: string })
        .filter(({ subject }) => subject === user)
        .map(({ sequence }) => Number(sequence));
      expect(sequences).toEqual([1, 2, 3, 4, 5]);
    }
  });

  test('is of the endpoint’s app and types alone', async () => {
    await givenEndpoint(db.database, { url: `${receiver.url}/other`, app: 'other' });
    await givenEndpoint(db.database, { url: `${receiver.url}/paid`, types: ['reward.credited'] });
    await givenEndpoint(db.database, {
      url: `${receiver.url}/shared`,
      types: ['kakao.share.recorded'],
    });
    await happen(db.database, ['minji']);
    startRelay();
    await untilTold(db);
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook/shared']);
  });

  test('names the room only for who asked for it, and while it is known', async () => {
    await givenEndpoint(db.database, { url: `${receiver.url}/without` });
    await givenEndpoint(db.database, { url: `${receiver.url}/with`, includesRoomHash: true });
    await happen(db.database, ['minji']);
    const [stored] = await db.rows<{ share: string; user_ref: string }>(
      `SELECT data ->> 'deliveryId' AS share, user_ref FROM kakao_share.events`,
    );
    await db.rows(
      `INSERT INTO kakao_share.shares (id, app, user_ref, chat_type, room_hash, received_at, unknown_values)
       VALUES ($1, 'default', $2, 'DirectChat', 'a-room', clock_timestamp(), '{}')`,
      [stored?.share, stored?.user_ref],
    );
    startRelay();
    await untilTold(db);
    await db.rows('UPDATE kakao_share.shares SET room_hash = NULL');
    await happen(db.database, ['minji'], { deliveryId: stored?.share ?? '' });
    await untilReceived(4);
    const roomsAt = (path: string): unknown[] =>
      receiver.received
        .filter((request) => request.path === path)
        .map(({ body }) => (JSON.parse(body) as { data: { roomHash?: string } }).data.roomHash);
    expect(roomsAt('/hook/without')).toEqual([undefined, undefined]);
    expect(roomsAt('/hook/with')).toEqual(['a-room', undefined]);
  });

  test('goes to a new url with the next attempt', async () => {
    const { id } = await givenEndpoint(db.database, { url: `${receiver.url}/old` });
    receiver.answer = (response, { path }) => {
      answerWith(path === '/hook/new' ? 200 : 404)(response);
    };
    await happen(db.database, ['minji']);
    startRelay();
    await untilReceived(1);
    await inTransaction(db.database, (tx) =>
      changeEndpoint(tx, byTest(id), { url: `${receiver.url}/new` }),
    );
    await untilTold(db);
    expect(receiver.received.at(-1)?.path).toBe('/hook/new');
  });
});

describe('the signature, by the library of the specification', () => {
  test('is good with the secret alone, for what was sent alone, and only for a while', async () => {
    const { secret } = await givenEndpoint(db.database, { url: receiver.url });
    await happen(db.database, ['minji']);
    startRelay();
    await untilReceived(1);
    const [request] = receiver.received;
    if (request === undefined) throw new Error('nothing arrived');
    const { body, headers } = request;
    expect(() => verify(secret, request)).not.toThrow();
    // Tampered
    expect(() => verify(secret, { headers, body: body.replace('minji', 'mallory') })).toThrow(
      'No matching signature',
    );
    expect(() => verify(secret, { body, headers: { ...headers, 'webhook-id': 'other' } })).toThrow(
      'No matching signature',
    );
    // Wrong secret
    const wrong = KEYS.secretOf('another endpoint', { generation: 1, keyFingerprint: KEYS.newest });
    expect(() => verify(wrong, request)).toThrow('No matching signature');
    // Old, and dated on
    const sentAt = Number(headers['webhook-timestamp']);
    const at = (time: number): (() => unknown) => {
      const dated = { ...headers, 'webhook-timestamp': String(time) };
      return () => verify(secret, { body, headers: dated });
    };
    expect(at(sentAt - 301)).toThrow('too old');
    expect(at(Math.floor(Date.now() / 1000) + 310)).toThrow('too new');
    expect(at(sentAt - 10)).toThrow('No matching signature');
    // Missing headers
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      const rest = { ...headers, [name]: undefined };
      expect(() => verify(secret, { body, headers: rest })).toThrow('Missing required headers');
    }
  });

  test('stands beside another one while a secret is rotated, and ends with the overlap', async () => {
    const { id, secret: old } = await givenEndpoint(db.database, { url: receiver.url });
    const rotate = (overlapHours: number): Promise<{ secret: string }> =>
      inTransaction(db.database, (tx) => rotateSecret(tx, KEYS, { ...byTest(id), overlapHours }));
    const { secret: newer } = await rotate(24);
    await happen(db.database, ['minji']);
    startRelay();
    await untilReceived(1);
    const [both] = receiver.received;
    if (both === undefined) throw new Error('nothing arrived');
    expect(String(both.headers['webhook-signature']).split(' ')).toHaveLength(2);
    for (const secret of [old, newer]) expect(() => verify(secret, both)).not.toThrow();
    const { secret: newest } = await rotate(0);
    await happen(db.database, ['minji']);
    await untilReceived(2);
    const last = receiver.received[1] ?? both;
    expect(() => verify(newest, last)).not.toThrow();
    for (const secret of [old, newer]) expect(() => verify(secret, last)).toThrow();
  });

  test('of an expired secret is not sent', async () => {
    const { id, secret: old } = await givenEndpoint(db.database, { url: receiver.url });
    await inTransaction(db.database, (tx) =>
      rotateSecret(tx, KEYS, { ...byTest(id), overlapHours: 1 }),
    );
    await db.rows(
      `UPDATE kakao_share.event_endpoint_secrets SET expires_at = clock_timestamp() - interval '1 second' WHERE generation = 1`,
    );
    await happen(db.database, ['minji']);
    startRelay();
    await untilReceived(1);
    const [request] = receiver.received;
    if (request === undefined) throw new Error('nothing arrived');
    expect(() => verify(old, request)).toThrow('No matching signature');
  });

  test('waits for the key that a secret needs: the event is not sent without, and the log names the setting', async () => {
    const { id } = await givenEndpoint(db.database, { url: receiver.url });
    await happen(db.database, ['minji']);
    startRelay(new EndpointKeys(['another-master-key-of-more-than-32-characters']));
    const [attempt] = await eventually(async () => {
      const attempts = await log();
      if (attempts.length === 0) throw new Error('nothing was tried');
      return attempts;
    });
    expect(attempt).toMatchObject({ outcome: 'failed', status_code: null });
    expect(String(attempt?.error)).toContain('EVENT_ENDPOINT_KEYS');
    expect(String(attempt?.error)).toContain(KEYS.newest);
    expect(receiver.received).toEqual([]);
    // Once the secret is derived from the key that is there, it flows again.
    await stopping.pop()?.();
    startRelay(new EndpointKeys(['another-master-key-of-more-than-32-characters', MASTER_KEY]));
    await inTransaction(db.database, (tx) => resumeEndpoint(tx, byTest(id)));
    await untilReceived(1);
  });
});

describe('an endpoint that', () => {
  test('fails is tried again, and misses nothing', async () => {
    await givenEndpoint(db.database, { url: receiver.url });
    let attempts = 0;
    receiver.answer = (response) => {
      answerWith(++attempts < 3 ? 500 : 200)(response);
    };
    await happen(db.database, ['minji']);
    startRelay();
    await untilTold(db);
    expect((await log()).map(({ outcome, error }) => ({ outcome, error }))).toEqual([
      { outcome: 'failed', error: 'the endpoint answered 500' },
      { outcome: 'failed', error: 'the endpoint answered 500' },
      { outcome: 'delivered', error: null },
    ]);
  });

  test('cannot be reached, by one relay of several say, holds it against no event', async () => {
    const { id } = await givenEndpoint(db.database, {
      url: `http://127.0.0.1:${await freePort()}`,
    });
    const transport = new EndpointTransport(
      { id, app: 'default', includesRoomHash: false },
      {
        ...{ database: db.database, keys: KEYS, logger: new Logger('Relay') },
        sender: new WebhookSender(new NetworkPolicy(['127.0.0.0/8'])),
      },
    );
    await expect(
      transport.publish(givenEvents(1), new AbortController().signal),
    ).rejects.toBeInstanceOf(DestinationUnavailableError);
    expect(await log()).toMatchObject([
      { outcome: 'failed', error: 'the connection failed: ECONNREFUSED' },
    ]);
    await transport.close();
  });

  test('has no turn to be looked up holds it against no event', async () => {
    const { id } = await givenEndpoint(db.database, { url: 'https://hooks.example/' });
    const overdue = (): Promise<never> => Promise.reject(new LookupOverdueError(5_000));
    const transport = new EndpointTransport(
      { id, app: 'default', includesRoomHash: false },
      {
        ...{ database: db.database, keys: KEYS, logger: new Logger('Relay') },
        sender: new WebhookSender(new NetworkPolicy([]), overdue),
      },
    );
    await expect(
      transport.publish(givenEvents(1), new AbortController().signal),
    ).rejects.toBeInstanceOf(DestinationUnavailableError);
    expect(await log()).toMatchObject([
      { outcome: 'failed', error: expect.stringContaining('name servers are silent') as string },
    ]);
    await transport.close();
  });

  test('refuses an event loses that one alone', async () => {
    const { id } = await givenEndpoint(db.database, { url: receiver.url });
    receiver.answer = (response, { body }) => {
      answerWith(body.includes('poison') ? 422 : 200)(response);
    };
    await happen(db.database, ['poison']);
    await happen(db.database, ['minji']);
    startRelay();
    await untilTold(db);
    const refused = await db.rows(
      'SELECT destination, reason FROM kakao_share.refused_events ORDER BY event_id',
    );
    expect(refused).toEqual([
      {
        destination: `endpoint:${id}`,
        reason: expect.stringContaining('the endpoint answered 422') as string,
      },
    ]);
    expect((await log()).map(({ outcome }) => outcome).sort()).toEqual(['delivered', 'refused']);
  });

  test('is gone is paused at once, and what waits flows when it is resumed', async () => {
    const { id } = await givenEndpoint(db.database, { url: receiver.url });
    receiver.answer = answerWith(410);
    await happen(db.database, ['minji']);
    startRelay();
    await untilPaused(id);
    receiver.answer = answerWith(200);
    await inTransaction(db.database, (tx) => resumeEndpoint(tx, byTest(id)));
    await untilTold(db);
    expect((await log()).map(({ outcome }) => outcome).slice(0, 2)).toEqual(['gone', 'delivered']);
  });

  test('asks for a rest is left alone for so long', async () => {
    await givenEndpoint(db.database, { url: receiver.url });
    receiver.answer = answerWith(503, { 'Retry-After': '60' });
    await happen(db.database, ['minji']);
    startRelay();
    expect(await restSeconds()).toBe(60);
  });

  test('asks for a rest of days is asked again after minutes', async () => {
    await givenEndpoint(db.database, { url: receiver.url });
    receiver.answer = answerWith(429, { 'Retry-After': '864000' });
    await happen(db.database, ['minji']);
    startRelay();
    expect(await restSeconds()).toBe(300);
  });

  test('redirects is not followed, and its log says what to do', async () => {
    await givenEndpoint(db.database, { url: receiver.url });
    receiver.answer = answerWith(302, { Location: `${receiver.url}/inside` });
    await happen(db.database, ['minji']);
    startRelay();
    const [attempt] = await eventually(async () => {
      const attempts = await log();
      if (attempts.length === 0) throw new Error('nothing was tried');
      return attempts;
    });
    expect(attempt).toMatchObject({ outcome: 'failed', status_code: 302 });
    expect(String(attempt?.error)).toContain('redirects are not followed');
    expect(receiver.received.map(({ path }) => path)).not.toContain('/hook/inside');
  });

  test('takes nothing for a day is paused, once, with an event in the same transaction; until then it is not', async () => {
    const clock = { aheadMs: 0 };
    const { id } = await givenEndpoint(db.database, { url: receiver.url });
    receiver.answer = answerWith(500);
    // Of many shards, so that several fail at the same time.
    await happen(
      db.database,
      Array.from({ length: 30 }, (_, index) => `user-${index}`),
    );
    startRelay(KEYS, clock);
    await untilReceived(20);
    expect(await paused(id)).toBe(0);
    clock.aheadMs = 23 * HOUR_MS;
    const before = receiver.received.length;
    await untilReceived(before + 16);
    expect(await paused(id)).toBe(0);
    clock.aheadMs = 25 * HOUR_MS;
    await untilPaused(id);
    const [standing] = await db.rows<{ paused_because: string }>(
      `SELECT paused_because FROM kakao_share.destinations WHERE paused_at IS NOT NULL`,
    );
    expect(standing?.paused_because).toContain('the endpoint answered 500');
    await stopping.pop()?.();
    const told = await db.rows<{ app: string; data: Record<string, unknown> }>(
      `SELECT app, data FROM kakao_share.events WHERE type = 'event-endpoint.paused'`,
    );
    expect(told).toEqual([
      {
        app: 'default',
        data: {
          ...{ endpointId: id, app: 'default', since: expect.any(String) as string },
          reason: expect.stringContaining('the endpoint answered 500') as string,
        },
      },
    ]);
  });

  test('is paused by hand waits, keeps its first reason, and goes on when resumed', async () => {
    const { id } = await givenEndpoint(db.database, { url: receiver.url });
    await inTransaction(db.database, (tx) => pauseEndpoint(tx, byTest(id)));
    await inTransaction(db.database, (tx) =>
      pauseEndpoint(tx, { ...byTest(id), reason: 'another reason' }),
    );
    const healthy = await givenEndpoint(db.database, { url: `${receiver.url}/healthy` });
    await happen(db.database, ['minji']);
    startRelay();
    await untilReceived(1);
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook/healthy']);
    expect(await paused(healthy.id)).toBe(0);
    expect(
      await db.rows(
        'SELECT paused_because FROM kakao_share.destinations WHERE paused_at IS NOT NULL',
      ),
    ).toEqual([{ paused_because: 'a test' }]);
    await inTransaction(db.database, (tx) => resumeEndpoint(tx, byTest(id)));
    await untilTold(db);
    expect(receiver.received.at(-1)?.path).toBe('/hook');
  });

  test('is deleted is sent nothing more, and releases what waited for it', async () => {
    const { id } = await givenEndpoint(db.database, { url: receiver.url });
    receiver.answer = answerWith(500);
    await happen(db.database, ['minji']);
    startRelay();
    await untilReceived(1);
    await inTransaction(db.database, (tx) => deleteEndpoint(tx, byTest(id)));
    await happen(db.database, ['minji']);
    await eventually(async () => {
      await finishRemovals(db.database);
      expect(await db.number('SELECT count(*) FROM kakao_share.outbox')).toBe(0);
    });
    for (const table of ['event_endpoints', 'event_endpoint_secrets'])
      expect(await db.number(`SELECT count(*) FROM kakao_share.${table}`)).toBe(0);
  });

  test('is deleted in the middle of a turn has not failed', async () => {
    const { id } = await givenEndpoint(db.database, { url: receiver.url });
    await inTransaction(db.database, (tx) => deleteEndpoint(tx, byTest(id)));
    const transport = new EndpointTransport(
      { id, app: 'default', includesRoomHash: false },
      {
        ...{ database: db.database, keys: KEYS, logger: new Logger('Relay') },
        sender: new WebhookSender(new NetworkPolicy(['127.0.0.0/8'])),
      },
    );
    await transport.publish(givenEvents(1), new AbortController().signal);
    expect(receiver.received).toEqual([]);
    expect(await log()).toEqual([]);
    await transport.close();
  });

  test('is created while a relay runs hears of what happens from then on', async () => {
    startRelay();
    await happen(db.database, ['minji']);
    await givenEndpoint(db.database, { url: receiver.url });
    await happen(db.database, ['jisoo']);
    await untilTold(db);
    expect(
      receiver.received.map(({ body }) => (JSON.parse(body) as { subject: string }).subject),
    ).toEqual(['jisoo']);
  });
});

test('no table holds a secret, nor the key that it is derived from', async () => {
  const { id, secret } = await givenEndpoint(db.database, { url: receiver.url });
  const rotated = await inTransaction(db.database, (tx) =>
    rotateSecret(tx, KEYS, { ...byTest(id), overlapHours: 24 }),
  );
  await happen(db.database, ['minji']);
  startRelay();
  await untilTold(db);
  const tables = await db.rows<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'kakao_share' AND table_type = 'BASE TABLE'`,
  );
  for (const { name } of tables) {
    const content = JSON.stringify(await db.rows(`SELECT * FROM kakao_share.${name}`));
    for (const hidden of [secret, rotated.secret, MASTER_KEY])
      expect(content).not.toContain(hidden.replace('whsec_', ''));
  }
});
