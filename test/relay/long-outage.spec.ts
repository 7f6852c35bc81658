import { Logger } from '@nestjs/common';
import { Relay } from '../../src/relay/relay.js';
import { happen } from '../events/happen.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { untilTold } from '../support/test-service.js';
import { givenDestinations } from './given-destinations.js';
import { Recorder, sequencesOf, upTo } from './recorder.js';

const USERS = Array.from({ length: 12 }, (_, index) => `user-${index}`);
const MINUTES = 60;

let db: TestDatabase;

beforeAll(async () => {
  Logger.overrideLogger(false);
  db = await createTestDatabase();
});
afterAll(() => db.drop());

test('a destination that is down for an hour holds up no other; then it catches up in order', async () => {
  await givenDestinations(db.database, ['down', 'up']);
  const clock = { aheadMs: 0 };
  const down = new Recorder('down');
  const up = new Recorder('up');
  down.isBroken = true;
  const relay = new Relay(db.database, [down, up], new Logger('Relay'), { clock });
  relay.start();
  try {
    for (let minute = 1; minute <= MINUTES; minute++) {
      await happen(db.database, USERS);
      clock.aheadMs += 60_000;
      relay.wake();
      // Its pace: what happened this minute has been told before the next begins.
      await eventually(() => {
        expect(up.told).toHaveLength(minute * USERS.length);
      });
    }
    expect(down.told).toEqual([]);
    // It was tried all along: with rests of at most 15 s, at least once a minute.
    expect(down.failures).toBeGreaterThanOrEqual(MINUTES);
    expect(await db.number(`SELECT count(*) FROM kakao_share.outbox`)).toBe(MINUTES * USERS.length);
    down.isBroken = false;
    clock.aheadMs += 60_000;
    relay.wake();
    await untilTold(db);
    for (const user of USERS) {
      expect(sequencesOf(down.told, user)).toEqual(upTo(MINUTES));
      expect(sequencesOf(up.told, user)).toEqual(upTo(MINUTES));
    }
  } finally {
    await relay.stop(5_000);
  }
});
