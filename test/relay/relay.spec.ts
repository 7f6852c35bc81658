import { Logger } from '@nestjs/common';
import { dataSchemaUri } from '../../src/events/catalogue/catalogue.js';
import { newId } from '../../src/database/new-id.js';
import { BullmqTransport, DOMAIN_EVENTS_QUEUE } from '../../src/transports/bullmq-transport.js';
import type { ShareEvent } from '../../src/events/domain-event.js';
import { Relay } from '../../src/relay/relay.js';
import { ShareEvents } from '../../src/transports/share-events.js';
import type { EventTransport } from '../../src/relay/event-transport.js';
import { QueueStore } from '../../src/queue/queue-store.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, QUEUE_STORES, type TestDatabase } from '../support/test-database.js';
import { untilTold } from '../support/test-service.js';
import { happen } from '../events/happen.js';
import { givenDestinations } from './given-destinations.js';
import { Recorder, sequencesOf } from './recorder.js';

const STOP_LIMIT_MS = 5_000;

let db: TestDatabase;
let relays: Relay[];

beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(async () => {
  db = await createTestDatabase();
  relays = [];
});
afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.stop(STOP_LIMIT_MS)));
  await db.drop();
});

function startRelay(...transports: EventTransport[]): Relay {
  const relay = new Relay(db.database, transports, new Logger('Relay'));
  relays.push(relay);
  relay.start();
  return relay;
}

const USERS = Array.from({ length: 20 }, (_, index) => `user-${index}`);

test('each user’s events are told in the order of settlement, numbered from 1 without gaps, once', async () => {
  const recorder = new Recorder('recorder');
  await givenDestinations(db.database, ['recorder']);
  const relay = startRelay(recorder);
  // Eight settlements at a time, each for some of the same users, while the relay is at work.
  await Promise.all(
    Array.from({ length: 8 }, async (_, worker) => {
      for (let round = 0; round < 10; round++) {
        await happen(
          db.database,
          USERS.filter((__, index) => (index + worker + round) % 3 !== 0),
        );
        relay.wake();
      }
    }),
  );
  await untilTold(db);
  expect(recorder.told).toHaveLength(await db.number('SELECT count(*) FROM kakao_share.events'));
  for (const user of USERS) {
    const sequences = sequencesOf(recorder.told, user);
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
  }
});

test('several relays on one database tell each event once, in order', async () => {
  await givenDestinations(db.database, ['recorder']);
  const recorders = Array.from({ length: 4 }, () => new Recorder('recorder'));
  const order: ShareEvent[] = [];
  const tellers = new Set<Recorder>();
  for (const recorder of recorders) {
    recorder.publish = async (events) => {
      order.push(...events);
      tellers.add(recorder);
      // Otherwise the first may be done before the second begins, and this shows nothing of relays side by side.
      await eventually(() => {
        expect(tellers.size).toBeGreaterThan(1);
      });
    };
  }
  for (let round = 0; round < 40; round++) await happen(db.database, USERS);
  for (const recorder of recorders) startRelay(recorder);
  await untilTold(db);
  expect(order).toHaveLength(40 * USERS.length);
  expect(new Set(order.map(({ id }) => id)).size).toBe(order.length);
  for (const user of USERS)
    expect(sequencesOf(order, user)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
});

test('a destination that fails holds up only itself, is tried again with back-off, and misses nothing', async () => {
  await givenDestinations(db.database, ['broken', 'healthy']);
  const broken = new Recorder('broken');
  const healthy = new Recorder('healthy');
  broken.isBroken = true;
  startRelay(broken, healthy);
  await happen(db.database, ['minji']);
  await happen(db.database, ['minji']);
  await eventually(() => {
    expect(sequencesOf(healthy.told, 'minji')).toEqual([1, 2]);
    expect(broken.failures).toBeGreaterThan(2);
  });
  await eventually(async () => {
    const [lease] = await db.rows<{ failures: number; last_error: string; waits: boolean }>(
      `SELECT failures, last_error, retry_at > leased_until AS waits FROM kakao_share.relay_leases WHERE failures > 0`,
    );
    expect(lease).toMatchObject({ last_error: 'the other side is down', waits: true });
    // Doubling from a quarter of a second: within the time of these tries there is no room for more.
    expect(lease?.failures).toBeLessThan(10);
  });
  broken.isBroken = false;
  await untilTold(db);
  expect(sequencesOf(broken.told, 'minji')).toEqual([1, 2]);
  expect(await db.number('SELECT max(failures) FROM kakao_share.relay_leases')).toBe(0);
});

test('one user’s trouble holds up only the users of the same shard', async () => {
  await givenDestinations(db.database, ['recorder']);
  const recorder = new Recorder('recorder');
  const deliver = recorder.publish.bind(recorder);
  recorder.publish = (events) =>
    events.some(({ subject }) => subject === 'user-0')
      ? Promise.reject(new Error('refused'))
      : deliver(events);
  startRelay(recorder);
  await happen(db.database, USERS);
  await eventually(async () => {
    const shards = await db.number('SELECT count(DISTINCT shard) FROM kakao_share.outbox');
    expect(shards).toBe(1);
  });
  expect(recorder.told.length).toBeGreaterThan(0);
});

test('a relay that lost its shard while it was publishing confirms nothing: the events are told again', async () => {
  await givenDestinations(db.database, ['recorder']);
  const recorder = new Recorder('recorder');
  let lost = false;
  recorder.beforeAnswer = async () => {
    if (lost) return;
    lost = true;
    // As if its lease had run out and another one had taken over, and given back, meanwhile.
    await db.rows('UPDATE kakao_share.relay_leases SET token = token + 1');
    expect(await db.number('SELECT count(*) FROM kakao_share.outbox')).toBe(1);
  };
  startRelay(recorder);
  await happen(db.database, ['minji']);
  await eventually(() => {
    expect(recorder.told).toHaveLength(1);
  });
  // The lease it took is not given back either: it is another one's by now, until it runs out.
  await eventually(async () => {
    expect(await db.rows('SELECT failures FROM kakao_share.relay_leases WHERE token > 1')).toEqual([
      { failures: 0 },
    ]);
  });
  expect(await db.number('SELECT count(*) FROM kakao_share.outbox')).toBe(1);
  await db.rows(`UPDATE kakao_share.relay_leases SET leased_until = '-infinity'`);
  for (const relay of relays) relay.wake();
  await untilTold(db);
  expect(recorder.told.map(({ id }) => id)).toEqual([recorder.told[0]?.id, recorder.told[0]?.id]);
});

test('a relay that died holds its shards no longer than its lease', async () => {
  await givenDestinations(db.database, ['recorder']);
  await happen(db.database, ['minji']);
  await db.rows(
    `UPDATE kakao_share.relay_leases SET token = 7, leased_until = clock_timestamp() + interval '1 s'`,
  );
  const recorder = new Recorder('recorder');
  startRelay(recorder);
  await untilTold(db);
  expect(sequencesOf(recorder.told, 'minji')).toEqual([1]);
});

test('a listener in the process that throws hears of the event again', async () => {
  await givenDestinations(db.database, ['in-process']);
  const shareEvents = new ShareEvents();
  const heard: string[] = [];
  shareEvents.on('kakao.share.recorded', (event) => {
    heard.push(event.id);
    if (heard.length === 1) throw new Error('not now');
  });
  startRelay(shareEvents);
  await happen(db.database, ['minji']);
  await untilTold(db);
  expect(heard).toEqual([heard[0], heard[0]]);
});

describe.each(QUEUE_STORES)('the queue domain-events on $store', ({ optionsFor }) => {
  test('is filled up to its bound and no further; what waits in the outbox flows on when it is drained', async () => {
    const BOUND = 120;
    const EVENTS = 300;
    await givenDestinations(db.database, ['bullmq', 'healthy']);
    const store = new QueueStore(optionsFor(db.url));
    const healthy = new Recorder('healthy');
    const queue = await store.openQueue<ShareEvent>(DOMAIN_EVENTS_QUEUE);
    try {
      startRelay(new BullmqTransport(store, BOUND), healthy);
      for (let round = 0; round < EVENTS / 10; round++)
        await happen(
          db.database,
          Array.from({ length: 10 }, () => 'minji'),
        );
      await eventually(async () => {
        expect(healthy.told).toHaveLength(EVENTS);
        expect(
          await db.number(
            `SELECT count(*) FROM kakao_share.relay_leases WHERE last_error LIKE '%events wait in the queue%'`,
          ),
        ).toBe(1);
      });
      expect(await queue.getWaitingCount()).toBeLessThanOrEqual(BOUND);
      const consumed: ShareEvent[] = [];
      await eventually(async () => {
        for (const job of await queue.getWaiting()) {
          consumed.push(job.data);
          await job.remove();
        }
        expect(await db.number('SELECT count(*) FROM kakao_share.outbox')).toBe(0);
      });
      for (const job of await queue.getWaiting()) consumed.push(job.data);
      expect(sequencesOf(consumed, 'minji')).toEqual(
        Array.from({ length: EVENTS }, (_, index) => index + 1),
      );
    } finally {
      await queue.obliterate({ force: true });
      await queue.close();
    }
  });

  test('holds an event that is published twice once, while it waits', async () => {
    const store = new QueueStore(optionsFor(db.url));
    const transport = new BullmqTransport(store);
    const queue = await store.openQueue<ShareEvent>(DOMAIN_EVENTS_QUEUE);
    const event: ShareEvent = {
      specversion: '1.0',
      id: newId(),
      source: '/kakao-share/default',
      type: 'kakao.share.recorded',
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      dataschema: dataSchemaUri('kakao.share.recorded', 1),
      data: { deliveryId: newId(), app: 'default', verdict: 'rewarded' },
    };
    try {
      await transport.publish([event], new AbortController().signal);
      await transport.publish([event], new AbortController().signal);
      expect((await queue.getWaiting()).map(({ data }) => data)).toEqual([event]);
    } finally {
      await transport.close();
      await queue.obliterate({ force: true });
      await queue.close();
    }
  });
});
