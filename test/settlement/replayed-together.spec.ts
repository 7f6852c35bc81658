import { Logger } from '@nestjs/common';
import { newId } from '../../src/database/new-id.js';
import type { Delivery } from '../../src/deliveries/delivery.js';
import type { QueueStore } from '../../src/queue/queue-store.js';
import { SettlementQueue } from '../../src/queue/settlement-queue.js';
import { dryRunReplay } from '../../src/settlement/dry-run-replay.js';
import type { ReplaySelection } from '../../src/settlement/find-replayable.js';
import { replayDeliveries } from '../../src/settlement/replay-deliveries.js';
import { Settler } from '../../src/settlement/settler.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import { kill, paidTo, proveBooks, settle, verdictsEver } from './decide-again.js';
import { SIGNING_KEYS } from './given-intent.js';
import { givenStored, verdictsOf } from './open-settlement.js';

const HOUR_MS = 3_600_000;

let db: TestDatabase;
let app: string;
let campaignId: string;

beforeAll(async () => {
  db = await createTestDatabase();
});
beforeEach(async () => {
  app = `app-${newId()}`;
  campaignId = await givenCampaign(db, { budget: 300 }, app);
});
afterEach(() => proveBooks(db));
afterAll(() => db.drop());

const selection = (overrides: Partial<ReplaySelection> = {}): ReplaySelection => ({
  apps: [app],
  from: new Date(Date.now() - HOUR_MS),
  to: new Date(Date.now() + HOUR_MS),
  ...{ verdicts: undefined, campaignId: undefined, after: undefined },
  limit: 1_000,
  ...overrides,
});

/** Shares of different users, oldest first, that the kill switch stopped. */
async function givenStopped(
  count: number,
  overrides: (index: number) => Partial<Delivery> = () => ({}),
): Promise<string[]> {
  await kill(db, campaignId, true);
  const deliveries = Array.from({ length: count }, (_, index) =>
    givenDelivery(newId(), { app, userId: `user-${index}`, ...overrides(index) }),
  );
  const ids = await givenStored(db, deliveries);
  await settle(db, ...ids);
  await kill(db, campaignId, false);
  return ids;
}

function replay(given: ReplaySelection, key: string = newId(), reason = 'the switch is off') {
  return replayDeliveries(db.database, undefined, given, { actor: 'operator', reason, key });
}

const dryRun = (given = selection()) => dryRunReplay(db.database, given, SIGNING_KEYS);

/** Every row of every table, by a digest of each table. */
async function everything(): Promise<Record<string, string>> {
  const tables = await db.rows<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'kakao_share' AND table_type = 'BASE TABLE'`,
  );
  const digests: Record<string, string> = {};
  for (const { name } of tables) {
    const [row] = await db.rows<{ digest: string }>(
      `SELECT coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '') AS digest FROM kakao_share.${name} t`,
    );
    digests[name] = row?.digest ?? '';
  }
  return digests;
}

describe('a dry run', () => {
  test('tells what would be credited, budgets included, leaves nothing behind, and a replay then does just that', async () => {
    const ids = await givenStopped(5);
    const before = await everything();
    const told = await dryRun();
    expect(await everything()).toEqual(before);
    expect(told).toMatchObject({
      dryRun: true,
      deliveries: 5,
      changes: [
        { before: 'stopped', after: 'rewarded', deliveries: 3 },
        { before: 'stopped', after: 'budget', deliveries: 2 },
      ],
      credited: [{ campaignId, unit: 'point', deliveries: 3, amount: 300 }],
      nextCursor: null,
    });
    expect(told.examples).toHaveLength(5);
    expect(told.examples[0]).toMatchObject({
      ...{ deliveryId: ids[0], before: 'stopped', after: 'rewarded', amount: 100, campaignId },
    });

    const run = await replay(selection());
    expect(run).toMatchObject({ deliveries: 5, before: [{ verdict: 'stopped', deliveries: 5 }] });
    await settle(db, ...ids);
    expect(await verdictsOf(db, ids)).toEqual([
      ...['rewarded', 'rewarded', 'rewarded', 'budget', 'budget'],
    ]);
    expect(await dryRun()).toMatchObject({ deliveries: 2, credited: [] });
  });

  test('says of a delivery that the database refuses that it would fail, and what the others would get', async () => {
    const ids = await givenStopped(12, (index) => ({
      body: Buffer.from(
        `{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"${index === 4 ? 'poison' : 'room'}","user_id":"user-${index}"}`,
      ),
    }));
    await db.rows(`
      CREATE FUNCTION kakao_share.poison() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'out of order'; END $$;
      CREATE TRIGGER poison BEFORE INSERT ON kakao_share.shares
        FOR EACH ROW WHEN (NEW.room_hash = 'poison') EXECUTE FUNCTION kakao_share.poison()`);
    try {
      const told = await dryRun();
      expect(told.changes).toEqual([
        { before: 'stopped', after: 'budget', deliveries: 8 },
        { before: 'stopped', after: 'rewarded', deliveries: 3 },
        { before: 'stopped', after: 'failed', deliveries: 1 },
      ]);
      expect(told.examples.find(({ after }) => after === 'failed')).toMatchObject({
        deliveryId: ids[4],
        reasons: ['P0001: out of order'],
      });
    } finally {
      await db.rows(
        'DROP TRIGGER poison ON kakao_share.shares; DROP FUNCTION kakao_share.poison()',
      );
    }
  });
});

describe('a replay of many', () => {
  test('takes what was received in the period, with one of the verdicts, of the campaign and the apps; nothing else', async () => {
    const now = Date.now();
    const ids = await givenStopped(3, (index) => ({
      receivedAt: new Date(now - (index === 0 ? 10 : 0) * 60_000),
    }));
    const [old = '', young = '', younger = ''] = ids;
    const lastMinutes = { from: new Date(now - 5 * 60_000) };
    const found = async (overrides: Partial<ReplaySelection>): Promise<number> =>
      (await dryRun(selection(overrides))).deliveries;
    expect(await found({})).toBe(3);
    expect(await found(lastMinutes)).toBe(2);
    expect(await found({ to: new Date(now - 5 * 60_000) })).toBe(1);
    expect(await found({ verdicts: ['cap', 'quarantined'] })).toBe(0);
    expect(await found({ verdicts: ['cap', 'stopped'] })).toBe(3);
    expect(await found({ campaignId: newId() })).toBe(0);
    expect(await found({ campaignId })).toBe(3);
    expect(await found({ apps: ['another'] })).toBe(0);
    expect(await replay(selection(lastMinutes))).toMatchObject({ deliveries: 2 });
    expect(await verdictsOf(db, [old, young, younger])).toEqual(['stopped', 'pending', 'pending']);
    await settle(db, ...ids);
  });

  test('is one job, settled oldest first, however many it opens: so a dry run tells who gets the last of a budget', async () => {
    campaignId = await givenCampaign(db, { budget: 21_000 }, (app = `app-${newId()}`));
    const ids = await givenStopped(250);
    const told = await dryRun();
    const jobs: (readonly string[])[] = [];
    const order = { actor: 'operator', reason: 'the switch is off', key: newId() };
    const queue: Pick<SettlementQueue, 'add'> = {
      add: (groups) => Promise.resolve(void jobs.push(...groups)),
    };
    await replayDeliveries(db.database, queue, selection(), order);
    expect(jobs).toEqual([ids]);
    const settler = new Settler(db.database, new SettlementQueue({} as QueueStore), new Logger());
    await settler.settle(jobs[0] ?? []);
    expect(await verdictsOf(db, ids)).toEqual(
      ids.map((_, index) => (index < 210 ? 'rewarded' : 'budget')),
    );
    expect(told.changes).toEqual([
      { before: 'stopped', after: 'rewarded', deliveries: 210 },
      { before: 'stopped', after: 'budget', deliveries: 40 },
    ]);
  });

  test('goes on where the one before stopped, oldest first, also when verdicts stay what they were', async () => {
    const ids = await givenStopped(5);
    await kill(db, campaignId, true);
    const first = await replay(selection({ limit: 2 }));
    await settle(db, ...ids);
    const second = await replay(selection({ limit: 2, after: first.nextCursor ?? '' }));
    await settle(db, ...ids);
    const third = await replay(selection({ limit: 2, after: second.nextCursor ?? '' }));
    await settle(db, ...ids);
    expect([first, second, third].map(({ deliveries }) => deliveries)).toEqual([2, 2, 1]);
    expect(third.nextCursor).toBeNull();
    for (const id of ids) expect(await verdictsEver(db, id)).toEqual(['stopped', 'stopped']);
  });

  test('passes over what has paid', async () => {
    const ids = await givenStopped(1);
    const [paid = ''] = await givenStored(db, [givenDelivery(newId(), { app })]);
    await settle(db, paid);
    expect(await replay(selection())).toMatchObject({ deliveries: 1 });
    await settle(db, ...ids);
    expect(await verdictsEver(db, paid)).toEqual(['rewarded']);
  });

  test('repeated under its key it replays nothing and is answered as before; another request under that key is refused', async () => {
    const ids = await givenStopped(2);
    const key = newId();
    const asked = selection();
    const [first, second] = await Promise.all([replay(asked, key), replay(asked, key)]);
    expect([first.repeated, second.repeated].sort()).toEqual([false, true]);
    expect({ ...second, repeated: true }).toEqual({ ...first, repeated: true });
    await settle(db, ...ids);
    expect(await replay(asked, key)).toEqual({ ...first, repeated: true });
    for (const id of ids) expect(await verdictsEver(db, id)).toEqual(['stopped', 'rewarded']);
    await expect(replay({ ...asked, limit: 7 }, key)).rejects.toThrow('idempotency key');
  });

  test('two at once of the same deliveries: each is opened by one of them, and nobody is paid twice', async () => {
    const ids = await givenStopped(3);
    const runs = await Promise.all([
      replay(selection({ verdicts: ['stopped'] })),
      replay(selection()),
    ]);
    expect(runs.reduce((sum, { deliveries }) => sum + deliveries, 0)).toBe(3);
    await Promise.all([settle(db, ...ids), settle(db, ...ids.toReversed())]);
    await settle(db, ...ids);
    for (const id of ids) expect(await verdictsEver(db, id)).toEqual(['stopped', 'rewarded']);
    expect(await paidTo(db, 'user-0', app)).toBe(100);
  });

  test('who did it and why stands in the audit, for the run and for each delivery', async () => {
    const [id = ''] = await givenStopped(1);
    const run = await replay(selection(), newId(), 'the switch was pulled by mistake');
    const rows = await db.rows(
      'SELECT actor, action, reason, before, after FROM kakao_share.audit WHERE target = ANY($1) ORDER BY action',
      [[id, run.id]],
    );
    expect(rows).toMatchObject([
      {
        ...{ actor: 'operator', action: 'deliveries.replay', before: { limit: 1_000 } },
        ...{ reason: 'the switch was pulled by mistake', after: { deliveries: 1 } },
      },
      {
        ...{ actor: 'operator', action: 'delivery.replay', before: { verdict: 'stopped' } },
        ...{
          reason: 'the switch was pulled by mistake',
          after: { verdict: 'pending', replayId: run.id },
        },
      },
    ]);
    await settle(db, id);
  });
});
