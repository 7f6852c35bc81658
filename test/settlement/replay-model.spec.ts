import fc from 'fast-check';
import { newId } from '../../src/database/new-id.js';
import type { Delivery } from '../../src/deliveries/delivery.js';
import { replayDeliveries } from '../../src/settlement/replay-deliveries.js';
import { replayDelivery } from '../../src/settlement/replay-delivery.js';
import { CorrectionRefusedError, NotReplayableError } from '../../src/settlement/replay-errors.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import { kill, mend, proveBooks, settle } from './decide-again.js';
import { givenStored } from './open-settlement.js';

const RUNS = 12;
const LIMIT_MS = 240_000;
const SHARES = 4;
const HOUR_MS = 3_600_000;
const BY = { actor: 'operator', reason: 'the model says so' };

/** What can happen to one of the shares, or to all of them. */
type Step =
  | { readonly kind: 'repeat' | 'replay' | 'mend'; readonly share: number }
  | { readonly kind: 'settle' | 'two workers' | 'replay all' }
  | { readonly kind: 'switch'; readonly on: boolean };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('repeat' as const, 'replay' as const, 'mend' as const),
    share: fc.nat(SHARES - 1),
  }),
  fc.record({
    kind: fc.constantFrom('settle' as const, 'two workers' as const, 'replay all' as const),
  }),
  fc.record({ kind: fc.constant('switch' as const), on: fc.boolean() }),
);

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

/** Of one user in one room: the campaign pays one of them. */
interface World {
  readonly app: string;
  readonly campaignId: string;
  readonly deliveries: readonly Delivery[];
}

async function take(step: Step, { app, campaignId, deliveries }: World): Promise<void> {
  const ids = deliveries.map(({ id }) => id);
  const id = 'share' in step ? (ids[step.share] ?? '') : '';
  if (step.kind === 'settle') await settle(db, ...ids);
  if (step.kind === 'two workers')
    await Promise.all([settle(db, ...ids), settle(db, ...ids.toReversed())]);
  if (step.kind === 'switch') await kill(db, campaignId, step.on);
  if (step.kind === 'repeat')
    await givenStored(
      db,
      deliveries.filter((one) => one.id === id).map((one) => ({ ...one, id: newId() })),
    );
  if (step.kind === 'replay')
    await unlessRefused(replayDelivery(db.database, undefined, { deliveryId: id, ...BY }));
  if (step.kind === 'mend')
    await unlessRefused(mend(db, id, { fields: { user_id: 'minji', CHAT_TYPE: 'DirectChat' } }));
  if (step.kind === 'replay all') {
    const period = { from: new Date(Date.now() - HOUR_MS), to: new Date(Date.now() + HOUR_MS) };
    const all = { verdicts: undefined, campaignId: undefined, after: undefined, limit: 1_000 };
    const selection = { apps: [app], ...period, ...all };
    await replayDeliveries(db.database, undefined, selection, { ...BY, key: newId() });
  }
}

async function unlessRefused(work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (error instanceof NotReplayableError || error instanceof CorrectionRefusedError) return;
    throw error;
  });
}

interface Paid {
  id: string;
  number: number;
  transfer_id: string;
}

const paidOf = (app: string): Promise<Paid[]> =>
  db.rows<Paid>(
    `SELECT delivery_id AS id, number, transfer_id FROM kakao_share.decisions
     WHERE app = $1 AND transfer_id IS NOT NULL ORDER BY delivery_id, number`,
    [app],
  );

/** What must hold after every step. */
async function prove({ app, deliveries }: World, before: readonly Paid[]): Promise<Paid[]> {
  const paid = await paidOf(app);
  expect(paid).toEqual(expect.arrayContaining([...before]));
  expect(new Set(paid.map(({ id }) => id)).size).toBe(paid.length);
  const offenders = await db.rows(
    `SELECT d.id FROM kakao_share.deliveries d
     LEFT JOIN kakao_share.decisions c ON c.delivery_id = d.id
     LEFT JOIN kakao_share.open_deliveries o ON o.delivery_id = d.id
     WHERE d.app = $1 GROUP BY d.id, o.delivery_id
     HAVING count(c.number) FILTER (WHERE c.superseded_at IS NULL) + count(DISTINCT o.delivery_id) <> 1
         OR coalesce(max(c.number), 0) <> count(c.number)
         OR (SELECT count(*) FROM kakao_share.events e
             WHERE e.type = 'kakao.share.recorded' AND e.data->>'deliveryId' = d.id::text) > 1`,
    [app],
  );
  expect(offenders).toEqual([]);
  expect(await db.number('SELECT count(*) FROM kakao_share.deliveries WHERE app = $1', [app])).toBe(
    deliveries.length,
  );
  return paid;
}

async function givenWorld(): Promise<World> {
  const app = `app-${newId()}`;
  const campaignId = await givenCampaign(db, {}, app);
  const deliveries = Array.from({ length: SHARES }, (_, index) =>
    givenDelivery(newId(), {
      app,
      // Two of them are not understood until they are mended.
      ...(index % 2 === 0 ? {} : { body: Buffer.from('{"HASH_CHAT_ID":"room-1"}') }),
      ...(index % 2 === 0 ? {} : { problems: [{ field: 'CHAT_TYPE', problem: 'is missing' }] }),
    }),
  );
  await givenStored(db, deliveries);
  return { app, campaignId, deliveries };
}

test(
  'over any repeats, corrections, replays and workers: no share pays twice, what paid never changes, each has one verdict or is open',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 4, maxLength: 16 }), async (steps) => {
        const world = await givenWorld();
        let paid: Paid[] = [];
        for (const step of steps) {
          await take(step, world);
          paid = await prove(world, paid);
        }
        await kill(db, world.campaignId, false);
        await take({ kind: 'settle' }, world);
        await take({ kind: 'replay all' }, world);
        await take({ kind: 'two workers' }, world);
        // One room, once a day: however it went, the user ends with one reward.
        expect(await prove(world, paid)).toHaveLength(1);
      }),
      { numRuns: RUNS },
    );
    await proveBooks(db);
  },
  LIMIT_MS,
);
