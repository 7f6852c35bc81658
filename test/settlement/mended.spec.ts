import { newId } from '../../src/database/new-id.js';
import type { Acceptance, Delivery } from '../../src/deliveries/delivery.js';
import { storeDeliveries } from '../../src/deliveries/store-deliveries.js';
import { MAX_CORRECTIONS } from '../../src/settlement/mend-delivery.js';
import { CorrectionRefusedError, ShareKnownError } from '../../src/settlement/replay-errors.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import { storedShare } from '../webhook/door.js';
import {
  decideAgain,
  givenDecided,
  mend,
  paidTo,
  proveBooks,
  settle,
  toldOf,
  verdictsEver,
} from './decide-again.js';

const LIMITS = { statementTimeoutMs: 20_000 };
const WAITING = `SELECT count(*) FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE OF c FOR SHARE OF d%'`;

let db: TestDatabase;
let app: string;

beforeAll(async () => {
  db = await createTestDatabase();
});
beforeEach(async () => {
  app = `app-${newId()}`;
  await givenCampaign(db, {}, app);
});
afterEach(() => proveBooks(db));
afterAll(() => db.drop());

/** Taken in with what the door says of it, and quarantined. */
function givenQuarantined(body: string, field: string): Promise<string> {
  return givenDecided(
    db,
    givenDelivery(newId(), {
      ...{ app, body: Buffer.from(body), userId: undefined },
      problems: [{ field, problem: 'could not be read' }],
    }),
  );
}

async function faultsOf(work: Promise<void>): Promise<readonly string[]> {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CorrectionRefusedError);
  return (error as CorrectionRefusedError).faults;
}

const received = (id: string): Promise<unknown[]> =>
  db.rows('SELECT * FROM kakao_share.deliveries WHERE id = $1', [id]);
const corrections = (id: string): Promise<number> =>
  db.number('SELECT count(*) FROM kakao_share.delivery_corrections WHERE delivery_id = $1', [id]);

test('a corrected field is put over what was received, which stays byte for byte; a replay then pays', async () => {
  const id = await givenQuarantined(
    '{"HASH_CHAT_ID":"r","user_id":"hana","n":1234567890123456789}',
    'CHAT_TYPE',
  );
  const before = await received(id);
  await mend(db, id, { fields: { CHAT_TYPE: 'DirectChat' } });
  expect(await verdictsEver(db, id)).toEqual(['quarantined']);
  await decideAgain(db, id);
  expect(await verdictsEver(db, id)).toEqual(['quarantined', 'rewarded']);
  expect(await received(id)).toEqual(before);
  expect(await storedShare(db, id)).toMatchObject({
    chat_type: 'DirectChat',
    user_id: 'hana',
    custom: '{"user_id":"hana","n":1234567890123456789}',
  });
  expect(await toldOf(db, id)).toEqual([
    'kakao.share.quarantined',
    'kakao.share.recorded',
    'reward.credited',
  ]);
});

test('what could not be read at all is read as corrected, and as nothing else', async () => {
  const id = await givenQuarantined('{"CHAT_TYPE":"Direct', 'body');
  await mend(db, id, {
    fields: { CHAT_TYPE: 'DirectChat', HASH_CHAT_ID: 'r', user_id: 'sora' },
  });
  await decideAgain(db, id);
  expect(await verdictsEver(db, id)).toEqual(['quarantined', 'rewarded']);
  expect(await paidTo(db, 'sora', app)).toBe(100);
});

test('a parameter that came twice is said once, and one that should not be there is taken away', async () => {
  const id = await givenQuarantined(
    '{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"r","user_id":"a","user_id":"b","TEMPLATE_ID":"x"}',
    'user_id',
  );
  await mend(db, id, { fields: { user_id: 'b', TEMPLATE_ID: null } });
  await decideAgain(db, id);
  expect(await storedShare(db, id)).toMatchObject({ user_id: 'b', template_id: null });
});

test('a correction after which it is still not understood is refused with what is left, and not kept', async () => {
  const id = await givenQuarantined('{', 'body');
  expect(await faultsOf(mend(db, id, { fields: { user_id: 'hana' } }))).toEqual([
    'CHAT_TYPE is missing',
    'HASH_CHAT_ID is missing',
  ]);
  expect(await faultsOf(mend(db, id, {}))).toHaveLength(1);
  expect(await corrections(id)).toBe(0);
});

test('the user that a share was to name is named by a correction; the last one counts alone, and can be undone', async () => {
  const id = await givenDecided(
    db,
    givenDelivery(newId(), {
      app,
      body: Buffer.from('{"CHAT_TYPE":"DirectChat","HASH_CHAT_ID":"r"}'),
    }),
  );
  await mend(db, id, { fields: { user_id: 'wrong', CHAT_TYPE: 'MemoChat' } });
  await mend(db, id, { fields: { user_id: 'hana' } });
  await mend(db, id, {});
  await decideAgain(db, id);
  expect(await verdictsEver(db, id)).toEqual(['no-user', 'no-user']);
  await mend(db, id, { fields: { user_id: 'hana' } });
  await decideAgain(db, id);
  expect(await verdictsEver(db, id)).toEqual(['no-user', 'no-user', 'rewarded']);
  expect(await storedShare(db, id)).toMatchObject({ user_id: 'hana', chat_type: 'DirectChat' });
  expect(await toldOf(db, id)).toEqual(['kakao.share.recorded', 'reward.credited']);
  expect(await paidTo(db, 'wrong', app)).toBe(0);
});

test('a missing resource id is given, and from then on a repeat under it is a duplicate', async () => {
  const problems = [{ field: 'X-Kakao-Resource-ID', problem: 'is missing' }];
  const id = await givenDecided(db, givenDelivery(undefined, { app, problems, userId: 'hana' }));
  expect(await faultsOf(mend(db, id, { fields: { user_id: 'hana' } }))).toEqual([
    'X-Kakao-Resource-ID is not known',
  ]);
  const resourceId = newId();
  await mend(db, id, { resourceId });
  await decideAgain(db, id);
  expect(await verdictsEver(db, id)).toEqual(['quarantined', 'rewarded']);
  const repeat = givenDelivery(resourceId, { app, userId: 'hana' });
  const answers = await db.database.transaction(LIMITS, (tx) => storeDeliveries(tx, [repeat]));
  expect(answers).toMatchObject([{ status: 'duplicate', deliveryId: id }]);
  expect(await paidTo(db, 'hana', app)).toBe(100);
});

test('a resource id or app that makes it another delivery’s share is refused: that share is known', async () => {
  const resourceId = newId();
  await givenDecided(db, givenDelivery(resourceId, { app, userId: 'hana' }));
  const problems = [{ field: 'X-Kakao-Resource-ID', problem: 'is missing' }];
  const id = await givenDecided(db, givenDelivery(undefined, { app, problems, userId: 'hana' }));
  await expect(mend(db, id, { resourceId })).rejects.toThrow(ShareKnownError);
  const elsewhere = await givenDecided(db, givenDelivery(resourceId, { app: 'elsewhere' }));
  await expect(mend(db, elsewhere, { app })).rejects.toThrow(ShareKnownError);
  expect((await corrections(id)) + (await corrections(elsewhere))).toBe(0);
});

describe('a resource id that turns out to be another share’s', () => {
  const problems = [{ field: 'X-Kakao-Resource-ID', problem: 'is missing' }];
  const store = async (given: Delivery): Promise<Acceptance | undefined> => {
    const [answer] = await db.database.transaction(LIMITS, (tx) => storeDeliveries(tx, [given]));
    return answer;
  };
  const givenUnknown = (): Promise<string> =>
    givenDecided(db, givenDelivery(undefined, { app, problems, userId: 'sora' }));
  const holders = async (resourceId: string): Promise<string[]> => {
    const rows = await db.rows<{ holder: string }>(
      `SELECT app || ' ' || delivery_id AS holder FROM kakao_share.delivery_keys WHERE resource_id = $1 ORDER BY app`,
      [resourceId],
    );
    return rows.map(({ holder }) => holder);
  };

  test.each([
    ['undone', {}],
    ['followed by the right one', { resourceId: newId() }],
  ])(
    'is that share’s again once the correction is %s: it is taken in and paid, each of the two once',
    async (_, next) => {
      const resourceId = newId();
      const id = await givenUnknown();
      await mend(db, id, { resourceId });
      await mend(db, id, next);
      const late = givenDelivery(resourceId, { app, userId: 'hana' });
      expect(await store(late)).toMatchObject({ status: 'accepted', deliveryId: late.id });
      await settle(db, late.id);
      await expect(mend(db, id, { resourceId })).rejects.toThrow(ShareKnownError);
      await decideAgain(db, id);
      expect(await paidTo(db, 'hana', app)).toBe(100);
      expect(await paidTo(db, 'sora', app)).toBe('resourceId' in next ? 100 : 0);
    },
  );

  test('is given back to the app that it was taken from; the key that the delivery came with stays', async () => {
    const resourceId = newId();
    const id = await givenDecided(db, givenDelivery(resourceId, { app: 'elsewhere' }));
    await mend(db, id, { app });
    await mend(db, id, { fields: { user_id: 'hana' } });
    expect(await holders(resourceId)).toEqual([`elsewhere ${id}`]);
  });

  test('does not swallow that share before it is undone: it is put aside, and paid under its id afterwards', async () => {
    const resourceId = newId();
    const id = await givenUnknown();
    await mend(db, id, { resourceId });
    const late = givenDelivery(resourceId, { app, userId: 'hana' });
    const put = {
      ...{ status: 'quarantined', deliveryId: late.id },
      problems: [{ problem: 'was given to another delivery by a correction' }],
    };
    expect(await store(late)).toMatchObject(put);
    expect(await store(late)).toMatchObject(put);
    await settle(db, late.id);
    await expect(mend(db, late.id, { resourceId })).rejects.toThrow(ShareKnownError);
    await mend(db, id, {});
    await mend(db, late.id, { resourceId });
    await decideAgain(db, late.id);
    expect(await verdictsEver(db, late.id)).toEqual(['quarantined', 'rewarded']);
    expect(await holders(resourceId)).toEqual([`${app} ${late.id}`]);
    await decideAgain(db, id);
    expect(await verdictsEver(db, id)).toEqual(['quarantined', 'quarantined']);
  });

  test('stays with a delivery that has paid under it, for ever: the share is paid once', async () => {
    const resourceId = newId();
    const id = await givenUnknown();
    await mend(db, id, { resourceId });
    await decideAgain(db, id);
    await expect(mend(db, id, {})).rejects.toThrow('has paid');
    await expect(
      db.rows('DELETE FROM kakao_share.delivery_keys WHERE delivery_id = $1', [id]),
    ).rejects.toThrow('append-only');
    const late = givenDelivery(resourceId, { app, userId: 'hana' });
    expect(await store(late)).toMatchObject({ status: 'quarantined' });
    await settle(db, late.id);
    await expect(mend(db, late.id, { resourceId })).rejects.toThrow(ShareKnownError);
    expect(await paidTo(db, 'sora', app)).toBe(100);
    expect(await paidTo(db, 'hana', app)).toBe(0);
  });
});

test('another app is chosen: its campaign decides, its user is paid, and its key is taken beside the old one', async () => {
  const resourceId = newId();
  const id = await givenDecided(
    db,
    givenDelivery(resourceId, { app: 'elsewhere', userId: 'hana' }),
  );
  await mend(db, id, { app });
  await decideAgain(db, id);
  expect(await verdictsEver(db, id)).toEqual(['no-campaign', 'rewarded']);
  expect(await storedShare(db, id)).toMatchObject({ app, user_id: 'hana' });
  expect(await paidTo(db, 'hana', app)).toBe(100);
  const keys = await db.rows<{ app: string }>(
    'SELECT app FROM kakao_share.delivery_keys WHERE delivery_id = $1 ORDER BY app',
    [id],
  );
  expect(keys.map((key) => key.app)).toEqual([app, 'elsewhere'].sort());
});

test('what has paid, or is not settled, is not mended', async () => {
  const paid = await givenDecided(db, givenDelivery(newId(), { app }));
  await expect(mend(db, paid, { fields: { user_id: 'hana' } })).rejects.toThrow('has paid');
  await expect(mend(db, newId(), { fields: { user_id: 'hana' } })).rejects.toThrow('not settled');
});

test('corrections are bounded, but for one that undoes them; numbered, never changed and never deleted', async () => {
  const id = await givenQuarantined('{', 'body');
  const fields = { CHAT_TYPE: 'DirectChat', HASH_CHAT_ID: 'r' };
  for (let number = 1; number <= MAX_CORRECTIONS; number++) await mend(db, id, { fields });
  expect(await faultsOf(mend(db, id, { fields }))).toEqual([
    `corrections: there are ${MAX_CORRECTIONS} already`,
  ]);
  await mend(db, id, {});
  expect(await corrections(id)).toBe(MAX_CORRECTIONS + 1);
  expect(await faultsOf(mend(db, id, {}))).toHaveLength(1);
  for (const sql of [
    `UPDATE kakao_share.delivery_corrections SET fields = '{}'`,
    `UPDATE kakao_share.delivery_corrections SET note = 'another'`,
    'DELETE FROM kakao_share.delivery_corrections',
    'TRUNCATE kakao_share.delivery_corrections',
  ])
    await expect(db.rows(sql)).rejects.toThrow(/never changes|append-only/);
});

test('two who mend at once do so one after the other', async () => {
  const id = await givenQuarantined('{', 'body');
  const one = { CHAT_TYPE: 'DirectChat', HASH_CHAT_ID: 'one' };
  const other = { CHAT_TYPE: 'DirectChat', HASH_CHAT_ID: 'other' };
  const mended = await db.database.transaction(LIMITS, async (tx) => {
    await tx.query('SELECT FROM kakao_share.decisions WHERE delivery_id = $1 FOR UPDATE', [id]);
    const both = Promise.allSettled([one, other].map((fields) => mend(db, id, { fields })));
    // Both have begun, and neither knows of the other.
    await eventually(async () => {
      expect(await db.number(WAITING)).toBe(2);
    });
    return { both };
  });
  expect((await mended.both).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  expect(await corrections(id)).toBe(2);
});
