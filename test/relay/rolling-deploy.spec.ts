import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Database } from '../../src/database/database.js';
import type { DomainEventType } from '../../src/events/domain-event.js';
import { addDestinations, ensureDestinations } from '../../src/relay/destinations.js';
import type { EventTransport } from '../../src/relay/event-transport.js';
import { Relay } from '../../src/relay/relay.js';
import { HandlerTransport } from '../../src/transports/handler-transport.js';
import { happen } from '../events/happen.js';
import { eventually } from '../support/eventually.js';
import {
  createTestDatabase,
  openTestDatabase,
  type TestDatabase,
} from '../support/test-database.js';
import { untilTold } from '../support/test-service.js';
import { Recorder, sequencesOf } from './recorder.js';

const NAME = 'handler:Teller.tell';
const USERS = Array.from({ length: 20 }, (_, index) => `user-${index}`);
const LESS: readonly DomainEventType[] = ['reward.credited'];
const MORE: readonly DomainEventType[] = ['reward.credited', 'kakao.share.recorded'];
/** Since when a process runs. */
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

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

interface Process {
  /** The ids of the events that its handler heard. */
  readonly heard: string[];
  /** It has said what its handler hears of: only then it looks after its destination. */
  untilItHasSaidSo(): Promise<void>;
}

function startRelay(transport: EventTransport, ageMs: number, database = db.database): void {
  const relay = new Relay(database, [transport], new Logger('Relay'), { age: () => ageMs });
  relays.push(relay);
  relay.start();
}

/** A process with a version of the handler that hears of these types. */
function startProcess(
  types: readonly DomainEventType[],
  ageMs: number,
  database: Database = db.database,
): Process {
  const heard: string[] = [];
  const handler = new HandlerTransport({ name: NAME, types, handle: ({ id }) => heard.push(id) });
  const connect = jest.spyOn(handler, 'connect');
  startRelay(handler, ageMs, database);
  return {
    heard,
    untilItHasSaidSo: () =>
      eventually(() => {
        expect(connect).toHaveBeenCalled();
      }),
  };
}

async function givenRunning(...process: Parameters<typeof startProcess>): Promise<Process> {
  const started = startProcess(...process);
  await started.untilItHasSaidSo();
  return started;
}

const typesInForce = async (): Promise<unknown> =>
  (await db.rows('SELECT types FROM kakao_share.destinations'))[0]?.types;

async function expectNothingMissed({ heard }: Process): Promise<void> {
  await untilTold(db);
  heard.length = 0;
  for (let round = 0; round < 10; round++) await happen(db.database, USERS);
  await untilTold(db);
  expect(new Set(heard).size).toBe(10 * USERS.length);
}

test('a handler that asks for more in a rolling deploy misses nothing, though older processes run beside it', async () => {
  await givenRunning(LESS, HOUR_MS);
  await expectNothingMissed(await givenRunning(MORE, MINUTE_MS));
});

test('a transport of the host’s own is handed nothing that its version does not ask for: that waits for a newer process, in order', async () => {
  const [older, newer] = [LESS, MORE].map((types) =>
    Object.assign(new Recorder('warehouse'), { audience: { kind: 'transport', types } as const }),
  );
  if (older === undefined || newer === undefined) throw new Error('Two versions are needed.');
  await ensureDestinations(
    db.database,
    [{ name: 'warehouse', ...newer.audience }],
    () => MINUTE_MS,
  );
  for (let round = 0; round < 3; round++) await happen(db.database, ['minji']);
  startRelay(older, HOUR_MS);
  await eventually(async () => {
    const failing = await db.number('SELECT max(failures) FROM kakao_share.relay_leases');
    expect(failing).toBeGreaterThan(0);
  });
  expect(await db.number('SELECT count(*) FROM kakao_share.outbox')).toBe(3);
  startRelay(newer, MINUTE_MS);
  await untilTold(db);
  expect(older.told).toEqual([]);
  expect(sequencesOf(newer.told, 'minji')).toEqual([1, 2, 3]);
});

test('a handler that asks for more misses nothing, though an older process that waited for a connection says later that it asks for less', async () => {
  const narrow = await openTestDatabase(db.url, 1);
  const onlyConnection = narrow.database.dataSource.createQueryRunner();
  await onlyConnection.connect();
  const older = startProcess(LESS, HOUR_MS, narrow.database);
  const newer = await givenRunning(MORE, MINUTE_MS);
  await happen(db.database, USERS);
  await onlyConnection.release();
  await older.untilItHasSaidSo();
  expect(await typesInForce()).toEqual(MORE);
  await untilTold(db);
  expect(new Set(newer.heard).size).toBe(USERS.length);
  await expectNothingMissed(newer);
  await relays.shift()?.stop(5_000);
  await narrow.drop();
});

test('a handler that was removed begins anew with what the newer process asks for, though an older one found it gone first', async () => {
  const newer = await givenRunning(MORE, MINUTE_MS);
  await db.database.transaction({ statementTimeoutMs: 10_000 }, async (tx) => {
    // As the keeper of another relay does in the end, and then an older process.
    await tx.query('DELETE FROM kakao_share.destinations');
    const older = { name: NAME, kind: 'handler', types: LESS } as const;
    await addDestinations(tx, [older], new Date(Date.now() - HOUR_MS));
  });
  await eventually(async () => {
    expect(await typesInForce()).toEqual(MORE);
  });
  await expectNothingMissed(newer);
});

test('a roll-back starts later: what only the version before it asked for waits no longer, and is recorded no more', async () => {
  await ensureDestinations(
    db.database,
    [{ name: NAME, kind: 'handler', types: MORE }],
    () => HOUR_MS,
  );
  await happen(db.database, USERS);
  const { heard } = await givenRunning(LESS, MINUTE_MS);
  expect(await typesInForce()).toEqual(LESS);
  await untilTold(db);
  await happen(db.database, USERS);
  expect(await db.number('SELECT count(*) FROM kakao_share.outbox')).toBe(0);
  expect(heard).toEqual([]);
});
