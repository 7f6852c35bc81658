import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { ShareEvent } from '../../src/events/domain-event.js';
import { Relay } from '../../src/relay/relay.js';
import { ShareEvents } from '../../src/transports/share-events.js';
import type { EventTransport } from '../../src/relay/event-transport.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { untilTold } from '../support/test-service.js';
import { happen } from '../events/happen.js';
import { givenDestinations } from './given-destinations.js';

const STOP_LIMIT_MS = 5_000;
const PUBLISH_TIMEOUT_MS = 200;

let db: TestDatabase;
let relay: Relay | undefined;
let shareEvents: ShareEvents;

beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(async () => {
  db = await createTestDatabase();
  await givenDestinations(db.database, ['in-process', 'healthy']);
  shareEvents = new ShareEvents();
});
afterEach(async () => {
  await relay?.stop(STOP_LIMIT_MS);
  await db.drop();
});

function startRelay(): { healthy: ShareEvent[] } {
  const healthy: ShareEvent[] = [];
  const transport: EventTransport = {
    name: 'healthy',
    batchSize: 100,
    publish: (events) => {
      healthy.push(...events);
      return Promise.resolve();
    },
    connect: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  relay = new Relay(db.database, [shareEvents, transport], new Logger('Relay'), {
    publishTimeoutMs: PUBLISH_TIMEOUT_MS,
  });
  relay.start();
  return { healthy };
}

/** Listens as `work` does, and keeps what was heard, by user, and how many calls for one user ran at the same time. */
function listen(work: (event: ShareEvent, userId: string) => Promise<void>): {
  heardOf(userId: string): number[];
  mostAtOnce(): number;
} {
  const heard: { userId: string; sequence: number }[] = [];
  const running = new Map<string, number>();
  let most = 0;
  shareEvents.on('*', async (event) => {
    const userId = event.subject ?? '';
    heard.push({ userId, sequence: Number(event.sequence) });
    running.set(userId, (running.get(userId) ?? 0) + 1);
    most = Math.max(most, running.get(userId) ?? 0);
    try {
      await work(event, userId);
    } finally {
      running.set(userId, (running.get(userId) ?? 0) - 1);
    }
  });
  return {
    heardOf: (userId) =>
      heard.filter((one) => one.userId === userId).map(({ sequence }) => sequence),
    mostAtOnce: () => most,
  };
}

/** What a listener waits for, until the test lets it pass, or fail. */
function gate(): { passed: Promise<void>; open: () => void; fail: (error: Error) => void } {
  let open!: () => void;
  let fail!: (error: Error) => void;
  const passed = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { passed, open, fail };
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

function hangingShards(): Promise<{ failures: number; last_error: string; is_due: boolean }[]> {
  return db.rows(
    `SELECT failures, last_error, retry_at < clock_timestamp() AND leased_until < clock_timestamp() AS is_due
     FROM kakao_share.relay_leases WHERE last_error IS NOT NULL AND destination = 'in-process'`,
  );
}

test('a slow listener hears every event of a user in order, once, one at a time', async () => {
  const listener = listen(() => pause(10));
  await happen(
    db.database,
    upTo(100).map(() => 'minji'),
  );
  // Together they take five times what one publishing may take.
  startRelay();
  await untilTold(db);
  expect(listener.heardOf('minji')).toEqual(upTo(100));
  expect(listener.mostAtOnce()).toBe(1);
});

test('what was heard before a listener threw is not heard again', async () => {
  let throws = 2;
  const listener = listen((event) =>
    Number(event.sequence) === 50 && throws-- > 0
      ? Promise.reject(new Error('not now'))
      : Promise.resolve(),
  );
  await happen(
    db.database,
    upTo(100).map(() => 'minji'),
  );
  startRelay();
  await untilTold(db);
  expect(listener.heardOf('minji')).toEqual([...upTo(50), 50, 50, ...upTo(100).slice(50)]);
});

test('what was heard is confirmed while the listener is still busy with the rest', async () => {
  const busy = gate();
  listen((event) => (Number(event.sequence) === 3 ? busy.passed : Promise.resolve()));
  await happen(db.database, ['minji', 'minji', 'minji', 'minji']);
  startRelay();
  const waiting = `SELECT count(*) FROM kakao_share.outbox WHERE destination = 'in-process'`;
  await eventually(async () => {
    expect(await db.number(waiting)).toBe(2);
  });
  busy.open();
  await untilTold(db);
});

test('a listener that hangs is seen, is not run a second time beside itself, and holds up only its shard', async () => {
  const hang = gate();
  const listener = listen((event, userId) =>
    userId === 'minji' && event.sequence?.endsWith('2') ? hang.passed : Promise.resolve(),
  );
  await happen(db.database, ['minji', 'minji', 'minji']);
  const { healthy } = startRelay();
  await eventually(async () => {
    expect(await hangingShards()).toEqual([
      {
        failures: 1,
        last_error: expect.stringMatching(/in-process.*200 ms/) as string,
        is_due: true,
      },
    ]);
  });
  // Of the shards that are due, the one that rested longest comes first: each of these turns would be the hanging one's.
  const other = await userOfAnotherShard();
  for (const round of upTo(3)) {
    await happen(db.database, [other]);
    relay?.wake();
    await eventually(() => {
      expect(listener.heardOf(other)).toEqual(upTo(round + 1));
    });
  }
  expect(listener.heardOf('minji')).toEqual([1, 2]);
  await eventually(() => {
    expect(healthy.filter(({ subject }) => subject === 'minji')).toHaveLength(3);
  });

  hang.open();
  await untilTold(db);
  // That the second was heard in the end counts, however late.
  expect(listener.heardOf('minji')).toEqual([1, 2, 3]);
  expect(listener.mostAtOnce()).toBe(1);
  expect(await hangingShards()).toEqual([]);
});

test('a listener that fails after its time hears of the event again, and then of the next', async () => {
  const hang = gate();
  let calls = 0;
  const listener = listen(() => (calls++ === 0 ? hang.passed : Promise.resolve()));
  await happen(db.database, ['minji', 'minji']);
  startRelay();
  await eventually(async () => {
    expect(await hangingShards()).toHaveLength(1);
  });
  hang.fail(new Error('too late, and wrong'));
  await untilTold(db);
  expect(listener.heardOf('minji')).toEqual([1, 1, 2]);
});

/** Makes users, of one event each, until one's id ends otherwise than minji's: its last digit is the shard. */
async function userOfAnotherShard(): Promise<string> {
  for (let index = 0; ; index++) {
    await happen(db.database, [`other-${index}`]);
    const [user] = await db.rows<{ user_id: string }>(
      `SELECT user_id FROM kakao_share.users WHERE user_id LIKE 'other-%'
       AND right(id::text, 1) <> (SELECT right(id::text, 1) FROM kakao_share.users WHERE user_id = 'minji')`,
    );
    if (user !== undefined) return user.user_id;
  }
}
