import { newId } from '../../src/database/new-id.js';
import { replayDelivery } from '../../src/settlement/replay-delivery.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import {
  decideAgain,
  givenDecided,
  kill,
  paidTo,
  proveBooks,
  settle,
  toldOf,
  verdictsEver,
} from './decide-again.js';
import { deliveryWith, givenIntent } from './given-intent.js';
import { givenStored } from './open-settlement.js';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterEach(() => proveBooks(db));
afterAll(() => db.drop());

/** A share of a user to decide about, in an app with a campaign of its own. */
async function givenApp(rules: Parameters<typeof givenCampaign>[1] = {}) {
  const app = `app-${newId()}`;
  const campaignId = await givenCampaign(db, rules, app);
  return { app, campaignId };
}

const replay = (deliveryId: string): Promise<void> =>
  replayDelivery(db.database, undefined, { deliveryId, actor: 'operator', reason: 'why not' });

test('what a kill switch stopped is paid by a replay; its share is one, told once', async () => {
  const { app, campaignId } = await givenApp();
  await kill(db, campaignId, true);
  const id = await givenDecided(db, givenDelivery(newId(), { app }));
  await kill(db, campaignId, false);
  await decideAgain(db, id);
  expect(await verdictsEver(db, id)).toEqual(['stopped', 'rewarded']);
  expect(await toldOf(db, id)).toEqual([
    'kakao.share.recorded',
    'reward.withheld',
    'reward.credited',
  ]);
  expect(await paidTo(db, 'minji', app)).toBe(100);
  expect(await db.number('SELECT count(*) FROM kakao_share.shares WHERE id = $1', [id])).toBe(1);
});

test('a verdict that stays what it was is a new decision, and nobody is told again', async () => {
  const { app } = await givenApp({ chatTypes: ['OpenMultiChat'] });
  const id = await givenDecided(db, givenDelivery(newId(), { app }));
  await decideAgain(db, id);
  await decideAgain(db, id);
  expect(await verdictsEver(db, id)).toEqual(['chat-type', 'chat-type', 'chat-type']);
  expect(await toldOf(db, id)).toEqual(['kakao.share.recorded', 'reward.withheld']);
});

test('the moment of receipt decides, however late the replay: rules of later say nothing', async () => {
  const { app, campaignId } = await givenApp();
  await kill(db, campaignId, true);
  const receivedAt = new Date(Date.now() - 60_000);
  const id = await givenDecided(db, givenDelivery(newId(), { app, receivedAt }));
  await kill(db, campaignId, false);
  await db.rows(
    `INSERT INTO kakao_share.campaign_versions (campaign_id, version, rules, effective_from, state, actor)
     SELECT campaign_id, 2, rules, now(), 'ended', 'test' FROM kakao_share.campaign_versions WHERE campaign_id = $1`,
    [campaignId],
  );
  await decideAgain(db, id);
  expect(await verdictsEver(db, id)).toEqual(['stopped', 'rewarded']);
});

test('a cap counts what was paid meanwhile, and a replayed share only once', async () => {
  const { app, campaignId } = await givenApp({
    caps: { perUserPerDay: 2, perUser: null, perUserAndRoomPerDay: null, unlimited: false },
    unverifiedCaps: { perUserPerDay: 2, perUser: null },
  });
  await kill(db, campaignId, true);
  const ids: string[] = [];
  for (const room of ['a', 'b', 'c'])
    ids.push(await givenDecided(db, givenDelivery(newId(), { app, room })));
  await kill(db, campaignId, false);
  await givenDecided(db, givenDelivery(newId(), { app, room: 'd' }));
  for (const id of ids) await decideAgain(db, id);
  const [first = '', second = '', third = ''] = ids;
  expect(await verdictsEver(db, first)).toEqual(['stopped', 'rewarded']);
  expect(await verdictsEver(db, second)).toEqual(['stopped', 'cap']);
  await decideAgain(db, third);
  expect(await verdictsEver(db, third)).toEqual(['stopped', 'cap', 'cap']);
  expect(await paidTo(db, 'minji', app)).toBe(200);
});

test('an intent that pays once is used once, whichever of its shares is replayed', async () => {
  const { app, campaignId } = await givenApp({
    mode: 'strict',
    unverifiedCaps: null,
    intent: { pays: 'once', atMost: null, lifetimeMinutes: 60, maxOpenPerUser: 20 },
  });
  const token = await givenIntent(db, { app, campaignId, userId: 'minji' });
  await kill(db, campaignId, true);
  const first = await givenDecided(db, deliveryWith(token, { app, room: 'a' }));
  const second = await givenDecided(db, deliveryWith(token, { app, room: 'b' }));
  await kill(db, campaignId, false);
  await decideAgain(db, second);
  await decideAgain(db, first);
  await decideAgain(db, first);
  expect(await verdictsEver(db, second)).toEqual(['stopped', 'rewarded']);
  expect(await verdictsEver(db, first)).toEqual(['stopped', 'intent-used', 'intent-used']);
  expect(await paidTo(db, 'minji', app)).toBe(100);
});

test('what was only observed does not count against itself, and is forgotten if it is observed no more', async () => {
  const { app, campaignId } = await givenApp({
    mode: 'observe',
    caps: { perUserPerDay: null, perUser: 1, perUserAndRoomPerDay: 1, unlimited: false },
  });
  const id = await givenDecided(db, givenDelivery(newId(), { app }));
  await decideAgain(db, id);
  expect(await verdictsEver(db, id)).toEqual(['observe', 'observe']);
  await kill(db, campaignId, true);
  await decideAgain(db, id);
  expect(await verdictsEver(db, id)).toEqual(['observe', 'observe', 'stopped']);
  await kill(db, campaignId, false);
  const another = await givenDecided(db, givenDelivery(newId(), { app, room: 'another' }));
  expect(await verdictsEver(db, another)).toEqual(['observe']);
});

test.each([
  ['paid at once', {}, 'rewarded'],
  ['held', { holdHours: 24 }, 'held'],
])('what has paid is never decided again: %s', async (_, rules, verdict) => {
  const { app } = await givenApp(rules);
  const id = await givenDecided(db, givenDelivery(newId(), { app }));
  await expect(replay(id)).rejects.toThrow('What has paid is never decided again.');
  expect(await verdictsEver(db, id)).toEqual([verdict]);
  await expect(
    db.rows('UPDATE kakao_share.decisions SET superseded_at = now() WHERE delivery_id = $1', [id]),
  ).rejects.toThrow('what has paid is never decided again');
});

test('what is not settled yet needs no replay, and a second replay waits for the first', async () => {
  const { app, campaignId } = await givenApp();
  const [open = ''] = await givenStored(db, [givenDelivery(newId(), { app })]);
  await expect(replay(open)).rejects.toThrow('The delivery is not settled yet');
  await kill(db, campaignId, true);
  await settle(db, open);
  const both = await Promise.allSettled([replay(open), replay(open)]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('a later version that understands more is asked by a replay: what the door could not read is read again', async () => {
  const { app } = await givenApp();
  const problems = [{ field: 'CHAT_TYPE', problem: 'is of a kind that came later' }];
  const id = await givenDecided(db, givenDelivery(newId(), { app, problems }));
  await decideAgain(db, id);
  expect(await verdictsEver(db, id)).toEqual(['quarantined', 'rewarded']);
  expect(await toldOf(db, id)).toEqual([
    'kakao.share.quarantined',
    'kakao.share.recorded',
    'reward.credited',
  ]);
});

test('without a resource id a delivery stays quarantined, however often it is replayed: a repeat of it could pay twice', async () => {
  const { app } = await givenApp();
  const problems = [{ field: 'X-Kakao-Resource-ID', problem: 'is missing' }];
  const id = await givenDecided(db, givenDelivery(undefined, { app, problems }));
  await decideAgain(db, id);
  expect(await verdictsEver(db, id)).toEqual(['quarantined', 'quarantined']);
  expect(await paidTo(db, 'minji', app)).toBe(0);
});
