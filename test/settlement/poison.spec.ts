import { MAX_ATTEMPTS } from '../../src/settlement/settler.js';
import { replayDelivery } from '../../src/settlement/replay-delivery.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, QUEUE_STORES, type TestDatabase } from '../support/test-database.js';
import { givenCampaign, untilSettled } from '../support/test-service.js';
import { givenStored, openSettlement, verdictsOf, type Settlement } from './open-settlement.js';

interface OpenRow {
  attempts: number;
  last_error: string;
  waits_s: number;
}

describe.each(QUEUE_STORES)(
  'a delivery that cannot be settled, queue on $store',
  ({ optionsFor }) => {
    let db: TestDatabase;
    let settlement: Settlement;
    let ids: string[];
    const POISON = 123;
    /** Among 200, 25, 4, and alone. */
    const TRIES_OF_FIRST_ATTEMPT = 4;

    beforeAll(async () => {
      db = await createTestDatabase();
      await givenCampaign(db);
      // A sequence counts how often it was tried, though each try is rolled back.
      await db.rows('CREATE SEQUENCE public.tries');
      await db.rows(`
      CREATE FUNCTION public.refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM nextval('public.tries'); RAISE EXCEPTION 'this room is poison'; END $$`);
      await db.rows(`
      CREATE TRIGGER refuse_poison BEFORE INSERT ON kakao_share.shares FOR EACH ROW
      WHEN (NEW.room_hash = 'poison') EXECUTE FUNCTION public.refuse_poison()`);
      settlement = await openSettlement(db, optionsFor(db.url));
      ids = await givenStored(
        db,
        Array.from({ length: 200 }, (_, index) =>
          givenDelivery(`row-${index}`, {
            userId: `user-${index}`,
            room: index === POISON ? 'poison' : `room-${index}`,
          }),
        ),
      );
    });
    afterAll(async () => {
      await settlement.close();
      await db.drop();
    });

    function openRows(): Promise<OpenRow[]> {
      return db.rows<OpenRow>(
        `SELECT attempts, last_error, extract(epoch FROM leased_until - clock_timestamp())::float8 AS waits_s
       FROM kakao_share.open_deliveries`,
      );
    }

    test('of 200 in one job 199 are settled at once, the poisonous one is postponed with its error', async () => {
      await settlement.queue.add([ids]);
      await eventually(async () => {
        const verdicts = await verdictsOf(db, ids);
        expect(verdicts).toEqual(
          ids.map((_, index) => (index === POISON ? 'pending' : 'rewarded')),
        );
        const [open] = await openRows();
        expect(open?.last_error).toMatch(/this room is poison/);
      });
    });

    test('its own job tries again after a back-off, and counts each attempt', async () => {
      await eventually(async () => {
        const [open] = await openRows();
        // Whoever looks late finds more than two.
        expect(open?.attempts).toBeGreaterThanOrEqual(2);
        const tries = await db.number('SELECT last_value FROM public.tries');
        expect(open?.attempts).toBe(tries - TRIES_OF_FIRST_ATTEMPT + 1);
        // Left to its retry, which comes later than the first one did, and then to the sweeper.
        expect(open?.waits_s).toBeGreaterThan(61);
      });
    });

    test('after the last attempt it has failed, visibly: verdict, error and event', async () => {
      await db.rows(`UPDATE kakao_share.open_deliveries SET attempts = ${MAX_ATTEMPTS - 1}`);
      await settlement.settler.settle([ids[POISON] ?? '']);
      // Its own job may be at it just then.
      await eventually(async () => {
        expect((await verdictsOf(db, ids))[POISON]).toBe('failed');
      });
      expect(
        await db.rows('SELECT reasons FROM kakao_share.decisions WHERE delivery_id = $1', [
          ids[POISON],
        ]),
      ).toEqual([{ reasons: [expect.stringContaining('this room is poison')] }]);
      expect(
        await db.number(
          `SELECT count(*) FROM kakao_share.events WHERE type = 'kakao.share.failed' AND data->>'deliveryId' = $1`,
          [ids[POISON]],
        ),
      ).toBe(1);
    });

    test('replayed once the cause is gone it is settled and paid; the failure stays as history', async () => {
      await db.rows('DROP TRIGGER refuse_poison ON kakao_share.shares');
      const replay = { deliveryId: ids[POISON] ?? '', actor: 'minsu', reason: 'the cause is gone' };
      await replayDelivery(db.database, settlement.queue, replay);
      await untilSettled(db);
      expect(
        await db.rows(
          `SELECT number, verdict, superseded_at IS NULL AS current FROM kakao_share.decisions
         WHERE delivery_id = $1 ORDER BY number`,
          [ids[POISON]],
        ),
      ).toEqual([
        { number: 1, verdict: 'failed', current: false },
        { number: 2, verdict: 'rewarded', current: true },
      ]);
      await expect(replayDelivery(db.database, settlement.queue, replay)).rejects.toThrow(
        'What has paid is never decided again.',
      );
    });

    test('a delivery that brings its worker down each time ends failed, without being tried again', async () => {
      const [id = ''] = await givenStored(db, [givenDelivery('kills', { userId: 'kills' })]);
      // Counted before the work; whoever counted did not live to tell what happened.
      await db.rows(
        `UPDATE kakao_share.open_deliveries SET attempts = ${MAX_ATTEMPTS} WHERE delivery_id = $1`,
        [id],
      );
      await settlement.queue.add([[id]]);
      await untilSettled(db);
      expect(await verdictsOf(db, [id])).toEqual(['failed']);
      expect(await db.number('SELECT count(*) FROM kakao_share.shares WHERE id = $1', [id])).toBe(
        0,
      );
    });

    test('a stale job finds nothing to do', async () => {
      const before = await db.rows('SELECT * FROM kakao_share.decisions ORDER BY 1, 2');
      await settlement.settler.settle(ids);
      expect(await db.rows('SELECT * FROM kakao_share.decisions ORDER BY 1, 2')).toEqual(before);
    });
  },
);
