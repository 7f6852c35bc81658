import { jest } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { EventTransport } from '../../src/relay/event-transport.js';
import { Relay } from '../../src/relay/relay.js';
import { happen } from '../events/happen.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { untilTold } from '../support/test-service.js';
import { givenDestinations } from './given-destinations.js';
import { Recorder, sequencesOf, upTo } from './recorder.js';

let db: TestDatabase;
let relay: Relay;
let recorder: Recorder;
let slow: EventTransport;
const warnings: string[] = [];

beforeEach(async () => {
  db = await createTestDatabase();
  recorder = new Recorder('recorder');
  slow = {
    ...{ name: 'slow', batchSize: 50, publish: () => Promise.resolve() },
    ...{ connect: () => Promise.resolve(), close: () => Promise.resolve() },
  };
  await givenDestinations(db.database, ['recorder', 'slow']);
  const logger = new Logger('Relay');
  warnings.length = 0;
  jest.spyOn(logger, 'warn').mockImplementation((line: unknown) => warnings.push(String(line)));
  jest.spyOn(logger, 'debug').mockImplementation(() => undefined);
  relay = new Relay(db.database, [recorder, slow], logger, { publishTimeoutMs: 400 });
});
afterEach(async () => {
  await relay.stop(5_000);
  await db.drop();
});

test('a batch that takes longer than its time is told in smaller ones: one busy user on a slow line gets on', async () => {
  const arrived: number[] = [];
  // As brokers are told: one of a user's events after the other, each acknowledged, until the time is up.
  slow.publish = async (events, signal) => {
    for (const event of events) {
      signal.throwIfAborted();
      await pause(20);
      arrived.push(Number(event.sequence));
    }
  };
  await happen(
    db.database,
    Array.from({ length: 50 }, () => 'minji'),
  );
  relay.start();
  await untilTold(db);
  expect([...new Set(arrived)]).toEqual(upTo(50));
  // What one call began before its time was up, and not again and again.
  expect(arrived.length).toBeLessThan(100);
});

test('a destination that is away is told to the log as it begins, not with every try', async () => {
  recorder.isBroken = true;
  await happen(db.database, ['minji']);
  relay.start();
  await eventually(() => {
    expect(recorder.failures).toBeGreaterThan(4);
  });
  expect(warnings.filter((line) => line.startsWith('Events to recorder wait'))).toHaveLength(1);
  recorder.isBroken = false;
  await untilTold(db);
  expect(sequencesOf(recorder.told, 'minji')).toEqual([1]);
});
