import { newId } from '../../src/database/new-id.js';
import { CATALOGUE } from '../../src/events/catalogue/catalogue.js';
import {
  toShareEvent,
  type DomainEventType,
  type EventRow,
  type ShareEvent,
} from '../../src/events/domain-event.js';
import { adjustPoints } from '../../src/points/adjust-points.js';
import { clawbackReward } from '../../src/points/clawback-reward.js';
import { expireDueLots } from '../../src/points/expire-lots.js';
import { redeemPoints } from '../../src/points/redeem-points.js';
import { releaseReward } from '../../src/points/release-reward.js';
import { reverseRedemption } from '../../src/points/reverse-redemption.js';
import { transact } from '../../src/points/transact.js';
import { voidReward } from '../../src/points/void-reward.js';
import { MAX_ATTEMPTS } from '../../src/settlement/settler.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { givenUser } from '../points/given-reward.js';
import { openSettlement, givenStored, type Settlement } from '../settlement/open-settlement.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import { problemsOf } from './catalogue-check.js';

/** Where rewards are held: each campaign has an app of its own here, so that it decides about its shares. */
const HOLDING_APP = 'holding';
const DAY_MS = 86_400_000;

let db: TestDatabase;
let settlement: Settlement;

beforeAll(async () => {
  db = await createTestDatabase();
  settlement = await openSettlement(db, { postgres: { url: db.url } });
});
afterAll(async () => {
  await settlement.close();
  await db.drop();
});

/** Settles shares of one user, one after another, and gives their ids. */
async function settleShares(count: number, app: string): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    const resource = `${app}-${index}`;
    const [id = ''] = await givenStored(db, [givenDelivery(resource, { app, room: resource })]);
    await settlement.settler.settle([id]);
    ids.push(id);
  }
  return ids;
}

/** Nobody can be paid by these: one is not understood, one brings down whoever tries. */
async function settleWhatIsBroken(): Promise<void> {
  const unreadable = givenDelivery('unreadable', {
    body: Buffer.from('{"CHAT_TYPE":'),
    problems: [{ field: 'body', problem: 'is not JSON' }],
  });
  const deadly = givenDelivery('deadly');
  const ids = await givenStored(db, [unreadable, deadly]);
  await db.rows(
    `UPDATE kakao_share.open_deliveries SET attempts = ${MAX_ATTEMPTS} WHERE delivery_id = $1`,
    [deadly.id],
  );
  await settlement.settler.settle(ids);
}

/** Everything that can be done with the points of rewards that were held. */
async function movePoints([released = '', voided = '']: readonly string[]): Promise<void> {
  const holder = await givenUser(db, 'minji', HOLDING_APP);
  const now = new Date();
  const tomorrow = new Date(now.getTime() + DAY_MS);
  const by = { apps: undefined, actor: 'someone', reason: 'because', now };
  await releaseReward(db.database, { ...by, deliveryId: released });
  await voidReward(db.database, { ...by, deliveryId: voided });
  const { transfer } = await redeemPoints(db.database, { ...holder, ...by, amount: 30, key: 'a' });
  await reverseRedemption(db.database, { ...by, redemptionId: transfer.id });
  const adjustment = { ...holder, ...by, amount: 7 };
  await adjustPoints(db.database, {
    ...{ ...adjustment, direction: 'credit', key: 'b' },
    expiresAt: tomorrow,
  });
  await adjustPoints(db.database, { ...adjustment, amount: 2, direction: 'debit', key: 'c' });
  await transact(db.database, (tx) => expireDueLots(tx, [holder.userRef], tomorrow));
  const taken = { ...by, deliveryId: released, amount: 60, shortfall: 'negative' as const };
  await clawbackReward(db.database, taken);
}

async function storedEvents(): Promise<ShareEvent[]> {
  const rows = await db.rows<EventRow>(
    `SELECT e.*, u.user_id FROM kakao_share.events e LEFT JOIN kakao_share.users u ON u.id = e.user_ref`,
  );
  return rows.map(toShareEvent);
}

test('every event of the catalogue is emitted by what really happens, and each is as the catalogue says', async () => {
  await givenCampaign(db, { budget: 200, budgetWarningPercents: [50] });
  await givenCampaign(db, { holdHours: 24 }, HOLDING_APP);
  await settleShares(3, 'default');
  await settleShares(1, 'without-a-campaign');
  await settleWhatIsBroken();
  await movePoints(await settleShares(2, HOLDING_APP));

  const events = await storedEvents();
  for (const event of events)
    expect({ event, problems: problemsOf(event) }).toEqual({ event, problems: [] });
  const emitted = new Set(events.map(({ type }) => type));
  // Told by what sends webhooks to endpoints and by what watches, which have tests of their own.
  const elsewhere: DomainEventType[] = ['event-endpoint.paused', 'alarm.raised', 'alarm.cleared'];
  const types = CATALOGUE.map(({ type }) => type).filter((type) => !elsewhere.includes(type));
  expect([...emitted].sort()).toEqual([...types].sort());
});

test('an event keeps the version that it was written in', async () => {
  const id = newId();
  await db.rows(
    `INSERT INTO kakao_share.events (id, app, type, version, data, occurred_at)
     VALUES ($1, 'default', 'reward.credited', 7, '{}', now())`,
    [id],
  );
  expect((await storedEvents()).find((event) => event.id === id)?.dataschema).toBe(
    'tag:nestjs-kakao-share,2026:events/reward.credited/v7',
  );
});
