import { eventually } from '../support/eventually.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { createTestDatabase, QUEUE_STORES, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import { givenStored, openSettlement, verdictsOf, type Settlement } from './open-settlement.js';

const LIMITS = { statementTimeoutMs: 20_000 };
const [postgres] = QUEUE_STORES;

let db: TestDatabase;
let settlement: Settlement;

beforeAll(async () => {
  db = await createTestDatabase();
  await givenCampaign(db);
  if (postgres === undefined) throw new Error('There is no queue store.');
  settlement = await openSettlement(db, postgres.optionsFor(db.url));
});
afterAll(async () => {
  await settlement.close();
  await db.drop();
});

function openRows(
  ids: readonly string[],
): Promise<{ attempts: number; last_error: string | null }[]> {
  return db.rows(
    'SELECT attempts, last_error FROM kakao_share.open_deliveries WHERE delivery_id = ANY($1)',
    [ids],
  );
}

test('a database that refuses to write is no attempt of the delivery: it is settled when the database recovers', async () => {
  await db.rows(`
    CREATE FUNCTION public.disk_full() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$`);
  await db.rows(
    'CREATE TRIGGER disk_full BEFORE INSERT ON kakao_share.decisions FOR EACH STATEMENT EXECUTE FUNCTION public.disk_full()',
  );
  const ids = await givenStored(db, [
    givenDelivery('full-1', { userId: 'full-1' }),
    givenDelivery('full-2', { userId: 'full-2' }),
  ]);
  for (let tries = 0; tries < 12; tries++) {
    await expect(settlement.settler.settle(ids)).rejects.toThrow(/could not extend file/);
  }
  expect(await openRows(ids)).toEqual([
    { attempts: 0, last_error: '53100: could not extend file' },
    { attempts: 0, last_error: '53100: could not extend file' },
  ]);
  await db.rows('DROP TRIGGER disk_full ON kakao_share.decisions');
  await settlement.settler.settle(ids);
  expect(await verdictsOf(db, ids)).toEqual(['rewarded', 'rewarded']);
});

test('a lock that somebody else holds is no attempt of the delivery', async () => {
  const first = await givenStored(db, [givenDelivery('held-1', { userId: 'held' })]);
  await settlement.settler.settle(first);
  const ids = await givenStored(db, [givenDelivery('held-2', { userId: 'held', room: 'another' })]);
  await db.database.transaction(LIMITS, async (holder) => {
    await holder.query(`SELECT FROM kakao_share.users WHERE user_id = 'held' FOR UPDATE`);
    await settlement.settler.settle(ids);
    // Its retry may wait for the same lock by now, and counts as long as it does. Asked by the holder, whom the server would
    // otherwise take for frozen.
    await eventually(async () => {
      const open = await holder.query(
        'SELECT attempts, last_error FROM kakao_share.open_deliveries WHERE delivery_id = ANY($1)',
        [ids],
      );
      expect(open).toEqual([
        { attempts: 0, last_error: expect.stringMatching(/^55P03/) as string },
      ]);
    });
  });
  await eventually(async () => {
    expect(await verdictsOf(db, ids)).toEqual(['rewarded']);
  });
});
