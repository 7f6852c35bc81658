import fc from 'fast-check';
import { DataSource } from 'typeorm';
import type { CampaignRules } from '../../src/campaigns/campaign.js';
import { calendarDay } from '../../src/campaigns/calendar-day.js';
import { dataSourceOptions } from '../../src/database/data-source.js';
import { Database } from '../../src/database/database.js';
import { newId } from '../../src/database/new-id.js';
import { settleBatch } from '../../src/settlement/settle-batch.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { proveWhole } from '../faults/proof.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import { deliveryWith, givenIntent, SIGNING_KEYS } from './given-intent.js';
import { givenStored } from './open-settlement.js';

const LIMITS = { statementTimeoutMs: 20_000 };
const WORKERS = 2;
const USERS = 2;
const INTENTS_EACH = 3;
const ROOMS = 3;
/** Midnight in Seoul lies half-way. */
const START = new Date('2026-11-21T14:59:30Z').getTime();
const RUNS = 80;

let db: TestDatabase;
let pools: DataSource[];

beforeAll(async () => {
  db = await createTestDatabase();
  pools = await Promise.all(
    Array.from({ length: WORKERS }, () =>
      new DataSource(dataSourceOptions(db.url, 3, 'kakao-share test')).initialize(),
    ),
  );
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.destroy()));
  await db.drop();
});

const cap = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: null });

const anyRules: fc.Arbitrary<Partial<CampaignRules>> = fc
  .record({
    intent: fc
      .constantFrom(
        { pays: 'once', atMost: null },
        { pays: 'once-per-room', atMost: null },
        { pays: 'at-most', atMost: 2 },
      )
      .map((rule) => ({ ...rule, lifetimeMinutes: 60, maxOpenPerUser: 20 })),
    caps: fc.record({
      perUserPerDay: cap(3),
      perUser: cap(4),
      perUserAndRoomPerDay: cap(2),
      unlimited: fc.constant(true),
    }),
    unverifiedCaps: fc.record({ perUserPerDay: fc.integer({ min: 1, max: 2 }), perUser: cap(3) }),
    coolDownSeconds: fc.constantFrom(0, 0, 10),
    budget: fc.option(fc.integer({ min: 100, max: 900 }), { nil: null }),
    holdHours: fc.constantFrom(0, 24),
    ladder: fc.option(
      fc.constantFrom('intent', 'day', 'campaign').map((per) => ({
        per,
        steps: [
          { fromRooms: 1, amount: 70 },
          { fromRooms: 2, amount: 130 },
        ],
      })),
      { nil: null },
    ),
  })
  .map((rules) => ({ ...rules, mode: 'compat', amount: rules.ladder === null ? 100 : null }));

const anyShare = fc.record({
  user: fc.nat(USERS - 1),
  intent: fc.option(fc.nat(INTENTS_EACH - 1), { nil: undefined, freq: 3 }),
  room: fc.nat(ROOMS - 1),
  second: fc.nat(60),
  toOneself: fc.boolean(),
});

const anyHistory = fc
  .record({
    rules: anyRules,
    shares: fc.array(anyShare, { minLength: 1, maxLength: 24 }),
  })
  .chain(({ rules, shares }) =>
    fc.record({
      rules: fc.constant(rules),
      shares: fc.constant(shares),
      order: fc.shuffledSubarray(
        shares.map((_, index) => index),
        { minLength: shares.length },
      ),
      sizes: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 8 }),
    }),
  );

interface Settled {
  userId: string;
  verdict: string;
  reason: string | null;
  intent: string | null;
  room: string;
  receivedAt: Date;
  amount: number | null;
}

/** What became of an app's shares, from what was recorded about them, not from what the decision looked at. */
function settledOf(app: string): Promise<Settled[]> {
  return db.rows<Settled>(
    `SELECT u.user_id AS "userId", c.verdict, c.reasons->>0 AS reason, s.intent_id AS intent, s.room_hash AS room,
            s.received_at AS "receivedAt", c.amount::integer AS amount
     FROM kakao_share.shares s JOIN kakao_share.users u ON u.id = s.user_ref
     JOIN kakao_share.decisions c ON c.delivery_id = s.id AND c.superseded_at IS NULL WHERE s.app = $1`,
    [app],
  );
}

function groupBy(shares: readonly Settled[], keyOf: (share: Settled) => string): Settled[][] {
  const groups = new Map<string, Settled[]>();
  for (const share of shares)
    groups.set(keyOf(share), [...(groups.get(keyOf(share)) ?? []), share]);
  return [...groups.values()];
}

const day = ({ receivedAt }: Settled): string => calendarDay(receivedAt, 'Asia/Seoul');
const atMost = (groups: readonly Settled[][], most: number | null | undefined): void => {
  for (const group of groups) expect(group.length).toBeLessThanOrEqual(most ?? Infinity);
};

function expectLimitsHold(settled: readonly Settled[], rules: Partial<CampaignRules>): void {
  const paid = settled.filter(({ amount }) => amount !== null);
  const verified = paid.filter(({ intent }) => intent !== null);
  const bare = paid.filter(({ intent }) => intent === null);
  const { caps, unverifiedCaps, intent } = rules;
  atMost(
    groupBy(verified, (s) => `${s.userId}/${day(s)}`),
    caps?.perUserPerDay,
  );
  atMost(
    groupBy(verified, (s) => s.userId),
    caps?.perUser,
  );
  atMost(
    groupBy(verified, (s) => `${s.userId}/${s.room}/${day(s)}`),
    caps?.perUserAndRoomPerDay,
  );
  atMost(
    groupBy(bare, (s) => `${s.userId}/${day(s)}`),
    unverifiedCaps?.perUserPerDay,
  );
  atMost(
    groupBy(bare, (s) => s.userId),
    unverifiedCaps?.perUser,
  );
  atMost(
    groupBy(bare, (s) => `${s.userId}/${s.room}/${day(s)}`),
    1,
  );
  if (intent?.pays === 'once-per-room')
    atMost(
      groupBy(verified, (s) => `${s.intent ?? ''}/${s.room}`),
      1,
    );
  else
    atMost(
      groupBy(verified, (s) => s.intent ?? ''),
      intent?.atMost ?? 1,
    );
  const total = paid.reduce((sum, { amount }) => sum + (amount ?? 0), 0);
  expect(total).toBeLessThanOrEqual(rules.budget ?? Infinity);
  for (const one of verified)
    for (const other of verified.filter((s) => s.userId === one.userId && s.intent !== one.intent))
      expect(Math.abs(+one.receivedAt - +other.receivedAt)).toBeGreaterThanOrEqual(
        (rules.coolDownSeconds ?? 0) * 1_000,
      );
}

/** What is due is paid: a share that was refused had a reason that still shows. */
function expectRefusalsHadCause(settled: readonly Settled[], rules: Partial<CampaignRules>): void {
  const paid = settled.filter(({ amount }) => amount !== null);
  const total = paid.reduce((sum, { amount }) => sum + (amount ?? 0), 0);
  const causes: Record<string, (share: Settled) => boolean> = {
    'self-share': () => true,
    'intent-used': (share) => paid.some(({ intent }) => intent === share.intent),
    'room-used-today': (share) =>
      paid.some(({ room, userId }) => room === share.room && userId === share.userId),
    cap: (share) => paid.some(({ userId }) => userId === share.userId),
    'cool-down': (share) =>
      (rules.coolDownSeconds ?? 0) > 0 && paid.some(({ userId }) => userId === share.userId),
    budget: () => total > (rules.budget ?? Infinity) - 130,
  };
  for (const share of settled.filter(({ amount }) => amount === null)) {
    expect({ ...share, had: causes[share.verdict]?.(share) }).toEqual({ ...share, had: true });
  }
}

test('over any shares, batches, order of settlement and two workers: no cap or budget is exceeded, nothing is paid twice, nothing due is withheld', async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, async ({ rules, shares, order, sizes }) => {
      const app = `app-${newId()}`;
      const campaignId = await givenCampaign(db, { ...rules, chatTypes: ['DirectChat'] }, app);
      const userId = (user: number): string => `${app}-${user}`;
      const tokens = await Promise.all(
        Array.from({ length: USERS * INTENTS_EACH }, (_, index) =>
          givenIntent(db, {
            app,
            campaignId,
            userId: userId(index % USERS),
            issuedAt: new Date(START - 60_000),
          }),
        ),
      );
      const ids = await givenStored(
        db,
        shares.map(({ user, intent, room, second, toOneself }) => {
          const given = {
            app,
            room: `room-${room}`,
            receivedAt: new Date(START + second * 1_000),
            // One in two to oneself, of those with an intent: it must not be used up by that.
            chatType: toOneself ? 'MemoChat' : 'DirectChat',
          };
          return intent === undefined
            ? givenDelivery(newId(), { ...given, userId: userId(user) })
            : deliveryWith(tokens[intent * USERS + user] ?? '', given);
        }),
      );
      const jobs: string[][] = [];
      for (let start = 0, next = 0; start < order.length; next++) {
        const size = sizes[next % sizes.length] ?? 1;
        jobs.push(order.slice(start, start + size).map((index) => ids[index] ?? ''));
        start += size;
      }
      // Two workers take the jobs side by side, and one job is given to both.
      const work = async (worker: number): Promise<void> => {
        const pool = pools[worker];
        if (pool === undefined) throw new Error('There is no such worker.');
        for (const job of jobs.filter((_, index) => index === 0 || index % WORKERS === worker))
          await new Database(pool).transaction(LIMITS, (tx) => settleBatch(tx, job, SIGNING_KEYS));
      };
      await Promise.all([work(0), work(1)]);

      const settled = await settledOf(app);
      expect(settled).toHaveLength(shares.length);
      expectLimitsHold(settled, rules);
      expectRefusalsHadCause(settled, rules);
    }),
    { numRuns: RUNS },
  );
  await proveWhole(db, []);
});
