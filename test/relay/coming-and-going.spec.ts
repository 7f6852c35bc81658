import { Logger } from '@nestjs/common';
import {
  DestinationLeavingError,
  ensureDestinations,
  pauseDestination,
  removeDestination,
  resumeDestination,
} from '../../src/relay/destinations.js';
import { finishRemovals } from '../../src/relay/finish-removals.js';
import { forgetOldEvents } from '../../src/relay/forget-old-events.js';
import { Relay } from '../../src/relay/relay.js';
import { happen } from '../events/happen.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  givenCampaign,
  shareBy,
  startTestService,
  untilSettled,
  untilTold,
} from '../support/test-service.js';
import { givenDestinations, longAgo } from './given-destinations.js';
import { Recorder, sequencesOf, upTo } from './recorder.js';

let db: TestDatabase;
let relay: Relay | undefined;

beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(async () => {
  await relay?.stop(5_000);
  relay = undefined;
  await db.drop();
});

function startRelay(...recorders: Recorder[]): Relay {
  relay = new Relay(db.database, recorders, new Logger('Relay'));
  relay.start();
  return relay;
}

const waitingFor = (name: string): Promise<number> =>
  db.number('SELECT count(*) FROM kakao_share.outbox WHERE destination = $1', [name]);

test('a new destination hears of what happens from its creation on', async () => {
  await givenDestinations(db.database, ['old']);
  await happen(db.database, ['minji']);
  const recorder = new Recorder('new');
  const serving = startRelay(new Recorder('old'));
  serving.add(recorder);
  await eventually(async () => {
    expect(
      await db.number(`SELECT count(*) FROM kakao_share.destinations WHERE name = 'new'`),
    ).toBe(1);
  });
  await happen(db.database, ['minji']);
  await untilTold(db);
  expect(sequencesOf(recorder.told, 'minji')).toEqual([2]);
});

test('a destination hears of its app and its types alone', async () => {
  const destinations = [
    { name: 'of-app', kind: 'handler', app: 'default' },
    { name: 'of-other-app', kind: 'handler', app: 'another' },
    { name: 'of-type', kind: 'handler', types: ['kakao.share.recorded', 'reward.credited'] },
    { name: 'of-other-type', kind: 'handler', types: ['reward.credited'] },
  ] as const;
  await ensureDestinations(db.database, destinations, longAgo);
  await happen(db.database, ['minji']);
  const waiting = await db.rows('SELECT destination FROM kakao_share.outbox ORDER BY destination');
  expect(waiting).toEqual([{ destination: 'of-app' }, { destination: 'of-type' }]);
});

test('a paused destination rests; resumed it is told at once, in order, what waited', async () => {
  await givenDestinations(db.database, ['recorder', 'other']);
  const recorder = new Recorder('recorder');
  const other = new Recorder('other');
  await pauseDestination(db.database, 'recorder', 'maintenance');
  startRelay(recorder, other);
  for (let round = 0; round < 3; round++) await happen(db.database, ['minji']);
  await eventually(() => {
    expect(sequencesOf(other.told, 'minji')).toEqual(upTo(3));
  });
  expect(recorder.told).toEqual([]);
  await resumeDestination(db.database, 'recorder');
  await untilTold(db);
  expect(sequencesOf(recorder.told, 'minji')).toEqual(upTo(3));
});

test('a destination that is paused while a long queue is told hears no more than what was under way', async () => {
  const recorder = new Recorder('recorder');
  await givenDestinations(db.database, ['recorder']);
  for (let round = 0; round < 3; round++)
    await happen(
      db.database,
      Array.from({ length: 100 }, () => 'minji'),
    );
  recorder.beforeAnswer = async () => {
    await pauseDestination(db.database, 'recorder', 'an incident');
  };
  startRelay(recorder);
  await eventually(async () => {
    expect(await waitingFor('recorder')).toBe(200);
    expect(
      await db.number('SELECT count(*) FROM kakao_share.relay_leases WHERE leased_until > now()'),
    ).toBe(0);
  });
  expect(sequencesOf(recorder.told, 'minji')).toEqual(upTo(100));
});

test('a destination that was removed while its relay was cut off starts anew once the relay is back', async () => {
  const recorder = new Recorder('recorder');
  await givenDestinations(db.database, ['recorder']);
  startRelay(recorder);
  await happen(db.database, ['minji']);
  await untilTold(db);
  // Its first look is behind it, the next one 15 s away.
  await eventually(async () => {
    expect(await db.number('SELECT count(served_at) FROM kakao_share.destinations')).toBe(1);
  });
  // As the keeper of another relay does in the end.
  await db.rows(`DELETE FROM kakao_share.destinations WHERE name = 'recorder'`);
  await happen(db.database, ['minji']);
  await eventually(async () => {
    expect(await db.number('SELECT count(*) FROM kakao_share.destinations')).toBe(1);
  });
  await happen(db.database, ['minji']);
  await eventually(() => {
    expect(sequencesOf(recorder.told, 'minji')).toEqual([1, 3]);
  });
});

test('a removed destination hears of nothing new, and what waited for it is dropped', async () => {
  await givenDestinations(db.database, ['gone', 'staying']);
  for (let round = 0; round < 3; round++) await happen(db.database, ['minji']);
  await removeDestination(db.database, 'gone');
  await happen(db.database, ['minji']);
  expect([await waitingFor('gone'), await waitingFor('staying')]).toEqual([3, 4]);
  expect(await finishRemovals(db.database)).toBe(false);
  expect([await waitingFor('gone'), await waitingFor('staying')]).toEqual([0, 4]);
  // A settlement that is under way may still write for it: its row stays for a while, and nobody can begin anew meanwhile.
  await expect(givenDestinations(db.database, ['gone'])).rejects.toThrow(DestinationLeavingError);
  await db.rows(
    `UPDATE kakao_share.destinations SET removed_at = removed_at - interval '2 minutes' WHERE name = 'gone'`,
  );
  await finishRemovals(db.database);
  await givenDestinations(db.database, ['gone']);
  await happen(db.database, ['minji']);
  expect(await waitingFor('gone')).toBe(1);
});

test('settling does not wait for a destination that is being removed while it is wanted again', async () => {
  await givenCampaign(db);
  await givenDestinations(db.database, ['in-process']);
  await removeDestination(db.database, 'in-process');
  const service = await startTestService(db, { environment: { EVENT_TRANSPORTS: 'in-process' } });
  try {
    await service.share(shareBy('minji'), 'one');
    await untilSettled(db);
  } finally {
    await service.stop();
  }
});

describe('what is old', () => {
  const forgetAll = async (): Promise<void> => {
    let lookedUntil: string | undefined;
    do lookedUntil = await forgetOldEvents(db.database, 30, lookedUntil);
    while (lookedUntil !== undefined);
  };
  /** As if they had been written 31 days ago: ids begin with the time. */
  const age = async (): Promise<void> => {
    const table = (name: string): string =>
      `UPDATE kakao_share.${name} SET ${name === 'events' ? 'id' : 'event_id'} =
         overlay(${name === 'events' ? 'id' : 'event_id'}::text PLACING $1 FROM 1 FOR 13)::uuid`;
    const hex = (Date.now() - 31 * 24 * 3_600_000).toString(16).padStart(12, '0');
    for (const name of ['events', 'outbox', 'refused_events'])
      await db.rows(table(name), [`${hex.slice(0, 8)}-${hex.slice(8)}`]);
  };

  test('is forgotten once everybody has been told, and not before', async () => {
    await givenDestinations(db.database, ['recorder']);
    await happen(db.database, ['told', 'waits', 'refused']);
    const [told, waits, refused] = (
      await db.rows<{ id: string }>('SELECT id FROM kakao_share.events ORDER BY id')
    ).map(({ id }) => id);
    await db.rows('DELETE FROM kakao_share.outbox WHERE event_id <> $1', [waits]);
    await db.rows(
      `INSERT INTO kakao_share.refused_events (destination, event_id, shard, reason) VALUES ('recorder', $1, 0, 'no')`,
      [refused],
    );
    await age();
    await happen(db.database, ['young']);
    await db.rows(`DELETE FROM kakao_share.outbox WHERE event_id IN (
      SELECT e.id FROM kakao_share.events e JOIN kakao_share.users u ON u.id = e.user_ref WHERE u.user_id = 'young')`);
    await forgetAll();
    const kept = await db.rows<{ user_id: string }>(
      `SELECT u.user_id FROM kakao_share.events e JOIN kakao_share.users u ON u.id = e.user_ref ORDER BY 1`,
    );
    expect(kept.map(({ user_id }) => user_id)).toEqual(['refused', 'waits', 'young']);
    expect(told).toBeDefined();
  });

  test('is released by the removal of the last destination that held it', async () => {
    await givenDestinations(db.database, ['gone']);
    await happen(db.database, ['minji']);
    await age();
    await forgetAll();
    expect(await db.number('SELECT count(*) FROM kakao_share.events')).toBe(1);
    await removeDestination(db.database, 'gone');
    await finishRemovals(db.database);
    await forgetAll();
    expect(await db.number('SELECT count(*) FROM kakao_share.events')).toBe(0);
  });
});
