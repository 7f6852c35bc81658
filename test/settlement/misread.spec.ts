import { newId } from '../../src/database/new-id.js';
import { INTENT_PARAMETER } from '../../src/intents/intent-token.js';
import { eraseUser } from '../../src/users/erase-user.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import {
  decideAgain,
  givenDecided,
  kill,
  mend,
  paidTo,
  toldOf,
  verdictsEver,
} from './decide-again.js';
import { deliveryWith, givenIntent } from './given-intent.js';

/** Deliveries that were once taken for somebody else's. */

let db: TestDatabase;
let app: string;
let campaignId: string;

beforeAll(async () => {
  db = await createTestDatabase();
});
beforeEach(async () => {
  app = `app-${newId()}`;
  campaignId = await givenCampaign(db, {}, app);
});
afterAll(() => db.drop());

const body = (given: object): Buffer =>
  Buffer.from(JSON.stringify({ CHAT_TYPE: 'DirectChat', HASH_CHAT_ID: 'r', ...given }));

async function erase(userId: string): Promise<void> {
  const [user] = await db.rows<{ id: string }>(
    'SELECT id FROM kakao_share.users WHERE user_id = $1 AND app = $2',
    [userId, app],
  );
  const by = { actor: 'operator', reason: 'asked for' };
  await eraseUser(db.database, { userRef: user?.id ?? '', ...by });
}

const isKept = async (id: string): Promise<boolean> =>
  (await db.number(
    'SELECT count(*) FROM kakao_share.deliveries WHERE id = $1 AND body IS NOT NULL',
    [id],
  )) === 1;
const namedBy = (id: string): Promise<unknown[]> =>
  db.rows(
    'SELECT fields, user_id FROM kakao_share.delivery_corrections WHERE delivery_id = $1 ORDER BY number',
    [id],
  );
/** Somebody with a share of their own, so that there is somebody to erase. */
const givenUser = (userId: string): Promise<string> =>
  givenDecided(db, givenDelivery(newId(), { app, userId }));

test('whoever is erased takes along the correction that named them by mistake, and not the delivery of whom it names now', async () => {
  const id = await givenDecided(db, givenDelivery(newId(), { app, body: body({}) }));
  await givenUser('hana');
  await mend(db, id, { fields: { user_id: 'hana' } });
  await mend(db, id, { fields: { user_id: 'sora' } });
  await erase('hana');
  expect(await namedBy(id)).toEqual([
    { fields: null, user_id: null },
    { fields: { user_id: 'sora' }, user_id: 'sora' },
  ]);
  await decideAgain(db, id);
  expect(await verdictsEver(db, id)).toEqual(['no-user', 'rewarded']);
  expect(await paidTo(db, 'sora', app)).toBe(100);
});

test.each([
  ['by what was received', body({ user_id: 'hana', CHAT_TYPE: '' }), { CHAT_TYPE: 'DirectChat' }],
  ['in bytes that cannot be read', Buffer.from('{"user_id":"hana"'), { user_id: 'hana' }],
])(
  'a delivery that names them %s goes whole, whatever it was corrected to',
  async (_, received, first) => {
    const problems = [{ field: 'body', problem: 'could not be read' }];
    const id = await givenDecided(db, givenDelivery(newId(), { app, body: received, problems }));
    await givenUser('hana');
    const fields = { CHAT_TYPE: 'DirectChat', HASH_CHAT_ID: 'r' };
    await mend(db, id, { fields: { ...fields, ...first } });
    await mend(db, id, { fields: { ...fields, user_id: 'sora' } });
    await erase('hana');
    expect(await isKept(id)).toBe(false);
  },
);

test('the token of an erased user in a correction takes nothing of what was received; one that was received takes it all', async () => {
  const token = await givenIntent(db, { app, campaignId, userId: 'hana' });
  await kill(db, campaignId, true);
  const mended = await givenDecided(db, givenDelivery(newId(), { app, userId: 'sora' }));
  const carried = await givenDecided(db, deliveryWith(token, { app: 'elsewhere' }));
  await erase('hana');
  await mend(db, mended, { fields: { [INTENT_PARAMETER]: token } });
  await mend(db, carried, { app });
  for (const id of [mended, carried]) await decideAgain(db, id);
  expect(await verdictsEver(db, mended)).toEqual(['stopped', 'no-user']);
  expect(await isKept(mended)).toBe(true);
  expect(await isKept(carried)).toBe(false);
});

test('a share that is not understood any more is nobody’s, and tells nothing of what it was taken for', async () => {
  const problems = [{ field: 'X-Kakao-Resource-ID', problem: 'is missing' }];
  const id = await givenDecided(db, givenDelivery(undefined, { app, problems }));
  await kill(db, campaignId, true);
  await mend(db, id, { resourceId: newId(), fields: { user_id: 'hana' } });
  await decideAgain(db, id);
  await mend(db, id, {});
  await decideAgain(db, id);
  expect(await verdictsEver(db, id)).toEqual(['quarantined', 'stopped', 'quarantined']);
  expect(
    await db.rows(
      'SELECT user_ref, room_hash, custom, intent_status FROM kakao_share.shares WHERE id = $1',
      [id],
    ),
  ).toEqual([{ user_ref: null, room_hash: null, custom: null, intent_status: 'none' }]);
});

describe('told of a verdict that stays what it was', () => {
  const subjects = async (id: string): Promise<string[]> => {
    const rows = await db.rows<{ told: string }>(
      `SELECT e.app || ' ' || e.type || coalesce(' ' || u.user_id, '') AS told FROM kakao_share.events e
       LEFT JOIN kakao_share.users u ON u.id = e.user_ref WHERE e.data->>'deliveryId' = $1 ORDER BY e.id`,
      [id],
    );
    return rows.map(({ told }) => told);
  };

  test('is whoever it is about now', async () => {
    await kill(db, campaignId, true);
    const id = await givenDecided(db, givenDelivery(newId(), { app, userId: 'hana' }));
    await mend(db, id, { fields: { user_id: 'sora' } });
    await decideAgain(db, id);
    await decideAgain(db, id);
    expect(await verdictsEver(db, id)).toEqual(['stopped', 'stopped', 'stopped']);
    expect(await subjects(id)).toEqual([
      `${app} kakao.share.recorded hana`,
      `${app} reward.withheld hana`,
      `${app} reward.withheld sora`,
    ]);
  });

  test('is the app that it is of now: of the share once, however often it is moved', async () => {
    await kill(db, campaignId, true);
    const id = await givenDecided(db, givenDelivery(newId(), { app, userId: 'hana' }));
    const other = `app-${newId()}`;
    await kill(db, await givenCampaign(db, {}, other), true);
    for (const correction of [{ app: other }, {}, { app: other }]) {
      await mend(db, id, correction);
      await decideAgain(db, id);
    }
    expect(await toldOf(db, id)).toHaveLength(6);
    expect(await subjects(id)).toEqual([
      `${app} kakao.share.recorded hana`,
      `${app} reward.withheld hana`,
      `${other} kakao.share.recorded hana`,
      `${other} reward.withheld hana`,
      `${app} reward.withheld hana`,
      `${other} reward.withheld hana`,
    ]);
  });
});
