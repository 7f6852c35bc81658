import { Logger } from '@nestjs/common';
import { EventRefusedError } from '../../src/relay/event-transport.js';
import { readRefused, resendRefused } from '../../src/relay/refused-events.js';
import { Relay } from '../../src/relay/relay.js';
import { happen } from '../events/happen.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { untilTold } from '../support/test-service.js';
import { givenDestinations } from './given-destinations.js';
import { Recorder, sequencesOf, upTo } from './recorder.js';

const LIMITS = { statementTimeoutMs: 10_000 };

let db: TestDatabase;
let relay: Relay;
let recorder: Recorder;
const clock = { aheadMs: 0 };

beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(async () => {
  db = await createTestDatabase();
  clock.aheadMs = 0;
  recorder = new Recorder('recorder');
  relay = new Relay(db.database, [recorder], new Logger('Relay'), { clock });
  await givenDestinations(db.database, ['recorder']);
});
afterEach(async () => {
  await relay.stop(5_000);
  await db.drop();
});

function resend(eventIds?: readonly string[]): Promise<number> {
  return db.database.transaction(LIMITS, (tx) => resendRefused(tx, 'recorder', eventIds, 100));
}

test('an event that is refused goes aside with the reason, later ones go on in order', async () => {
  recorder.judge = ({ id, sequence }) => {
    if (Number(sequence) === 3) throw new EventRefusedError(id, 'larger than we take');
  };
  for (let round = 0; round < 6; round++) await happen(db.database, ['minji']);
  relay.start();
  await untilTold(db);
  expect(sequencesOf(recorder.told, 'minji')).toEqual([1, 2, 4, 5, 6]);
  const [refused, ...others] = await readRefused(db.database, 'recorder', 10);
  expect(refused).toMatchObject({
    reason: 'KAKAO_SHARE_EVENT_REFUSED: larger than we take',
  });
  expect(others).toEqual([]);
});

test('a refused event that is sent again arrives once, out of order, under the same id', async () => {
  let takesAll = false;
  recorder.judge = ({ id, sequence }) => {
    if (Number(sequence) === 1 && !takesAll) throw new EventRefusedError(id, 'not yet');
  };
  relay.start();
  for (let round = 0; round < 3; round++) await happen(db.database, ['minji']);
  await untilTold(db);
  const [refused] = await readRefused(db.database, 'recorder', 10);
  takesAll = true;
  expect(await resend([refused?.id ?? ''])).toBe(1);
  await untilTold(db);
  expect(sequencesOf(recorder.told, 'minji')).toEqual([2, 3, 1]);
  expect(recorder.told.at(-1)?.id).toBe(refused?.id);
  expect(await readRefused(db.database, 'recorder', 10)).toEqual([]);
  expect(await resend([refused?.id ?? ''])).toBe(0);
});

test('an event that fails each time while others are taken goes aside in the end, and it alone', async () => {
  recorder.judge = ({ subject, sequence }) => {
    if (subject === 'poison' && Number(sequence) === 2) throw new Error('500');
  };
  for (let round = 0; round < 4; round++) await happen(db.database, ['poison']);
  relay.start();
  // Others are told between its tries; each look moves the relay's clock past its back-off.
  await eventually(async () => {
    await happen(db.database, ['bystander-1', 'bystander-2', 'bystander-3', 'bystander-4']);
    clock.aheadMs += 16_000;
    relay.wake();
    expect(sequencesOf(recorder.told, 'poison')).toEqual([1, 3, 4]);
  });
  await untilTold(db);
  expect(await readRefused(db.database, 'recorder', 10)).toMatchObject([{ reason: '500' }]);
});

test('what failed for an event that went aside is not held against the next one', async () => {
  let tries = 0;
  recorder.judge = ({ subject, sequence }) => {
    if (subject !== 'poison') return;
    if (Number(sequence) === 2) throw new Error('500');
    if (Number(sequence) === 3 && tries++ === 0) throw new Error('restarting');
  };
  for (let round = 0; round < 4; round++) await happen(db.database, ['poison']);
  relay.start();
  await eventually(async () => {
    await happen(db.database, ['bystander-1', 'bystander-2', 'bystander-3', 'bystander-4']);
    clock.aheadMs += 16_000;
    relay.wake();
    expect(sequencesOf(recorder.told, 'poison')).toEqual([1, 3, 4]);
  });
  await untilTold(db);
  expect(await readRefused(db.database, 'recorder', 10)).toMatchObject([{ reason: '500' }]);
});

/** Its shard has failed four times, others having been told between: once more, and what is next goes aside. */
async function givenFailedFourTimes(): Promise<void> {
  await db.rows(
    `UPDATE kakao_share.relay_leases SET failures = 6, failed_alone = 4,
       failing_since = clock_timestamp() - interval '1 hour', failed_at = clock_timestamp() - interval '1 minute',
       last_published_at = clock_timestamp()`,
  );
}

test('what failed before an event was taken says nothing of the events after it', async () => {
  await happen(db.database, ['minji']);
  for (let round = 0; round < 100; round++) await happen(db.database, ['minji']);
  await givenFailedFourTimes();
  let isFirstTry = true;
  recorder.judge = ({ sequence }) => {
    if (Number(sequence) !== 101 || !isFirstTry) return;
    isFirstTry = false;
    throw new Error('a moment of trouble');
  };
  relay.start();
  await untilTold(db);
  expect(sequencesOf(recorder.told, 'minji')).toEqual(upTo(101));
});

test('a relay that is slow to hear of many refusals keeps its shard: no other tells the same events beside it', async () => {
  const LEASE_MS = 60_000;
  const tries: number[] = [];
  const judges = ['one', 'other'].map((): Relay => {
    const slow = new Recorder('recorder');
    slow.batchSize = 1;
    slow.publish = async ([event]) => {
      tries.push(Number(event?.sequence));
      // By the relays' clock each refusal takes a third of the lease; by that of a machine that stands still, almost nothing.
      clock.aheadMs += LEASE_MS / 3;
      for (const judge of judges) judge.wake();
      await new Promise((resolve) => setTimeout(resolve, 200));
      throw new EventRefusedError(event?.id ?? '', 'not for us');
    };
    return new Relay(db.database, [slow], new Logger('Relay'), { leaseMs: LEASE_MS, clock });
  });
  for (let round = 0; round < 8; round++) await happen(db.database, ['minji']);
  for (const judge of judges) judge.start();
  await untilTold(db);
  await Promise.all(judges.map((judge) => judge.stop(5_000)));
  expect(tries).toEqual(upTo(8));
});

test('while nothing at all is taken nothing goes aside', async () => {
  recorder.isBroken = true;
  await happen(db.database, ['minji', 'jisu', 'haneul', 'sora']);
  relay.start();
  await eventually(() => {
    clock.aheadMs += 16_000;
    relay.wake();
    expect(recorder.failures).toBeGreaterThan(40);
  });
  expect(await readRefused(db.database, 'recorder', 10)).toEqual([]);
  recorder.isBroken = false;
  clock.aheadMs += 16_000;
  relay.wake();
  await untilTold(db);
  for (const user of ['minji', 'jisu', 'haneul', 'sora'])
    expect(sequencesOf(recorder.told, user)).toEqual(upTo(1));
});
