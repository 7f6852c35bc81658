import { newId } from '../../src/database/new-id.js';
import { UnknownEndpointError } from '../../src/endpoints/endpoint-errors.js';
import {
  replayEvents,
  type Replayed,
  type ReplayOrder,
} from '../../src/endpoints/replay-events.js';
import { happen } from '../events/happen.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { byTest, givenEndpoint, inTransaction } from './given-endpoint.js';

const PAST = new Date(Date.now() - 3_600_000);
const FUTURE = new Date(Date.now() + 3_600_000);
const EVER: ReplayOrder = { from: PAST, to: FUTURE, types: undefined, after: undefined };

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(async () => {
  await db.drop();
});

const replay = (id: string, order: ReplayOrder): Promise<Replayed> =>
  inTransaction(db.database, (tx) => replayEvents(tx, byTest(id), order));

/** An endpoint that is created after everything has happened. */
async function givenLateEndpoint(
  settings: Partial<Parameters<typeof givenEndpoint>[1]> = {},
): Promise<string> {
  return (await givenEndpoint(db.database, { url: 'https://hooks.example/', ...settings })).id;
}

/** What waits, in the order that it will be told in. */
const waiting = (): Promise<{ id: string; sequence: string; shard: number }[]> =>
  db.rows(
    `SELECT e.id, e.sequence, o.shard FROM kakao_share.outbox o JOIN kakao_share.events e ON e.id = o.event_id
     ORDER BY o.position`,
  );

test('past events come again, each once, in their users’ order, through their users’ shards', async () => {
  for (let round = 0; round < 4; round++) await happen(db.database, ['minji', 'jisoo', 'yuna']);
  const live = await givenEndpoint(db.database, { url: 'https://live.example/' });
  await happen(db.database, ['minji', 'jisoo', 'yuna']);
  const shardsOfLive = await db.rows<{ user_ref: string; shard: number }>(
    'SELECT e.user_ref, o.shard FROM kakao_share.outbox o JOIN kakao_share.events e ON e.id = o.event_id',
  );
  expect(await replay(live.id, EVER)).toEqual({ replayed: 12, next: null });
  const again = await db.rows<{ user_ref: string; shard: number; sequence: string }>(
    `SELECT e.user_ref, o.shard, e.sequence FROM kakao_share.outbox o JOIN kakao_share.events e ON e.id = o.event_id
     WHERE e.sequence < 5 ORDER BY o.position`,
  );
  for (const { user_ref, shard } of shardsOfLive) {
    const ofUser = again.filter((event) => event.user_ref === user_ref);
    expect(ofUser.map(({ sequence }) => Number(sequence))).toEqual([1, 2, 3, 4]);
    expect(new Set(ofUser.map((event) => event.shard))).toEqual(new Set([shard]));
  }
});

test('what waits already is not doubled, however often it is asked for', async () => {
  await happen(db.database, ['minji']);
  const id = await givenLateEndpoint();
  expect((await replay(id, EVER)).replayed).toBe(1);
  expect((await replay(id, EVER)).replayed).toBe(0);
  expect(await waiting()).toHaveLength(1);
});

test('an event that was refused comes again, and is refused no longer', async () => {
  const { id } = await givenEndpoint(db.database, { url: 'https://hooks.example/' });
  await happen(db.database, ['minji']);
  await db.rows(
    `WITH moved AS (DELETE FROM kakao_share.outbox RETURNING destination, event_id, shard)
     INSERT INTO kakao_share.refused_events (destination, event_id, shard, reason) SELECT *, 'a test' FROM moved`,
  );
  expect((await replay(id, EVER)).replayed).toBe(1);
  expect(await db.number('SELECT count(*) FROM kakao_share.refused_events')).toBe(0);
});

test('only what belongs to its app, its types and the types that are asked for', async () => {
  await happen(db.database, ['minji']);
  const other = await givenLateEndpoint({ app: 'other' });
  const paid = await givenLateEndpoint({ types: ['reward.credited'] });
  const all = await givenLateEndpoint();
  expect((await replay(other, EVER)).replayed).toBe(0);
  expect((await replay(paid, EVER)).replayed).toBe(0);
  expect((await replay(all, { ...EVER, types: ['reward.credited'] })).replayed).toBe(0);
  expect((await replay(all, { ...EVER, types: ['kakao.share.recorded'] })).replayed).toBe(1);
  const [event] = await db.rows<{ id: string }>('SELECT id FROM kakao_share.events');
  const these = { eventIds: [event?.id ?? '', newId()] };
  expect((await replay(other, these)).replayed).toBe(0);
});

test('only what was recorded in the period, its end excluded', async () => {
  const id = await givenLateEndpoint();
  await happen(db.database, ['minji']);
  await db.rows('DELETE FROM kakao_share.outbox');
  expect((await replay(id, { ...EVER, to: PAST })).replayed).toBe(0);
  expect((await replay(id, { ...EVER, from: FUTURE })).replayed).toBe(0);
});

test('events are asked for by id', async () => {
  await happen(db.database, ['minji', 'jisoo']);
  const id = await givenLateEndpoint();
  const [first] = await db.rows<{ id: string }>('SELECT id FROM kakao_share.events ORDER BY id');
  expect(await replay(id, { eventIds: [first?.id ?? ''] })).toEqual({ replayed: 1, next: null });
  expect((await waiting()).map((event) => event.id)).toEqual([first?.id]);
});

test('10,000 at once, and the next call goes on after them', async () => {
  const id = await givenLateEndpoint();
  await db.rows(
    `INSERT INTO kakao_share.events (id, app, type, data, occurred_at)
     SELECT (left($1, 24) || lpad(to_hex(n), 12, '0'))::uuid, 'default', 'kakao.share.quarantined', '{}', clock_timestamp()
     FROM generate_series(1, 10001) n`,
    [newId()],
  );
  const first = await replay(id, EVER);
  expect(first).toEqual({ replayed: 10_000, next: expect.any(String) as string });
  expect(await replay(id, { ...EVER, after: first.next ?? undefined })).toEqual({
    replayed: 1,
    next: null,
  });
});

test('an endpoint that is not there is told of nothing', async () => {
  await expect(replay(newId(), EVER)).rejects.toThrow(UnknownEndpointError);
});
