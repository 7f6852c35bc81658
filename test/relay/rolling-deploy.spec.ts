import { Logger } from '@nestjs/common';
import type { DomainEventType } from '../../src/events/domain-event.js';
import { ensureDestinations } from '../../src/relay/destinations.js';
import { Relay } from '../../src/relay/relay.js';
import { HandlerTransport } from '../../src/transports/handler-transport.js';
import { happen } from '../events/happen.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { untilTold } from '../support/test-service.js';

const NAME = 'handler:Teller.tell';
const USERS = Array.from({ length: 20 }, (_, index) => `user-${index}`);

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
  await Promise.all(relays.map((relay) => relay.stop(5_000)));
  await db.drop();
});

/** A process with a version of the handler that hears of these types. @returns the ids that it heard */
async function startProcess(types: readonly DomainEventType[]): Promise<string[]> {
  const heard: string[] = [];
  const handler = new HandlerTransport({ name: NAME, types, handle: ({ id }) => heard.push(id) });
  await ensureDestinations(db.database, [{ name: NAME, ...handler.audience }]);
  const relay = new Relay(db.database, [handler], new Logger('Relay'));
  relays.push(relay);
  relay.start();
  await untilItSaysNoMore();
  return heard;
}

/** A relay says what it hears of once, as it begins: before it looks after its destination, and before it tells anything. */
async function untilItSaysNoMore(): Promise<void> {
  await eventually(async () => {
    const served = await db.number('SELECT count(served_at) FROM kakao_share.destinations');
    expect(served).toBe(1);
  });
  // What waits of an event that was forgotten is dropped by whoever would tell it.
  await db.rows(
    'INSERT INTO kakao_share.outbox (destination, event_id, shard) VALUES ($1, gen_random_uuid(), 0)',
    [NAME],
  );
  await eventually(async () => {
    for (const relay of relays) relay.wake();
    const forgotten = `SELECT count(*) FROM kakao_share.outbox o
      WHERE NOT EXISTS (SELECT FROM kakao_share.events e WHERE e.id = o.event_id)`;
    expect(await db.number(forgotten)).toBe(0);
  });
}

test('a handler that asks for more in a rolling deploy misses nothing, though older processes run beside it', async () => {
  await startProcess(['reward.credited']);
  const heard = await startProcess(['reward.credited', 'kakao.share.recorded']);
  for (let round = 0; round < 10; round++) await happen(db.database, USERS);
  await untilTold(db);
  expect(new Set(heard).size).toBe(10 * USERS.length);
});

test('what a handler has asked for no longer waits no longer', async () => {
  await ensureDestinations(db.database, [
    { name: NAME, kind: 'handler', types: ['reward.credited', 'kakao.share.recorded'] },
  ]);
  await happen(db.database, USERS);
  const heard = await startProcess(['reward.credited']);
  await untilTold(db);
  expect(heard).toEqual([]);
});
