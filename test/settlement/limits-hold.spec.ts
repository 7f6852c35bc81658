import fc from 'fast-check';
import { DataSource } from 'typeorm';
import type { CampaignRules } from '../../src/campaigns/campaign.js';
import { calendarDay } from '../../src/campaigns/calendar-day.js';
import { Database } from '../../src/database/database.js';
import { newId } from '../../src/database/new-id.js';
import { settleBatch } from '../../src/settlement/settle-batch.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import { proveWhole } from '../faults/proof.js';
import { createTestDatabase, patientOptions, type TestDatabase } from '../support/test-database.js';
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
const RUNS = 120;

let db: TestDatabase;
let pools: DataSource[];

beforeAll(async () => {
  db = await createTestDatabase();
  pools = await Promise.all(
    Array.from({ length: WORKERS }, () =>
      new DataSource(patientOptions(db.url, 3, 'kakao-share test')).initialize(),
    ),
  );
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.destroy()));
  await db.drop();
});

/** Strict pays nothing that is bare; what is observed or a test pays nothing at all, and is limited all the same. */
const MODES = [
  { mode: 'compat', test: false },
  { mode: 'compat', test: false },
  { mode: 'strict', test: false },
  { mode: 'observe', test: false },
  { mode: 'compat', test: true },
] as const;

const cap = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: null });

type AnyRules = Pick<
  CampaignRules,
  'mode' | 'test' | 'intent' | 'caps' | 'unverifiedCaps' | 'coolDownSeconds' | 'budget' | 'ladder'
> &
  Partial<CampaignRules>;

const anyRules: fc.Arbitrary<AnyRules> = fc
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
  .chain((rules) =>
    fc.constantFrom(...MODES).map((mode) => ({
      ...rules,
      ...mode,
      unverifiedCaps: mode.mode === 'compat' ? rules.unverifiedCaps : null,
      amount: rules.ladder === null ? 100 : null,
    })),
  );

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
  chatType: string;
  room: string;
  receivedAt: Date;
  amount: number | null;
}

/** What became of an app's shares, from what was recorded about them, not from what the decision looked at. */
function settledOf(app: string): Promise<Settled[]> {
  return db.rows<Settled>(
    `SELECT u.user_id AS "userId", c.verdict, c.reasons->>0 AS reason, s.intent_id AS intent, s.chat_type AS "chatType",
            s.room_hash AS room, s.received_at AS "receivedAt", c.amount::integer AS amount
     FROM kakao_share.shares s JOIN kakao_share.users u ON u.id = s.user_ref
     JOIN kakao_share.decisions c ON c.delivery_id = s.id AND c.superseded_at IS NULL WHERE s.app = $1`,
    [app],
  );
}

/** Paid, or what would have been. */
const hasEarned = ({ verdict }: Settled): boolean =>
  ['rewarded', 'held', 'observe', 'test'].includes(verdict);
const totalOf = (settled: readonly Settled[]): number =>
  settled.reduce((sum, { amount }) => sum + (amount ?? 0), 0);

function groupBy(shares: readonly Settled[], keyOf: (share: Settled) => string): Settled[][] {
  const groups = new Map<string, Settled[]>();
  for (const share of shares)
    groups.set(keyOf(share), [...(groups.get(keyOf(share)) ?? []), share]);
  return [...groups.values()];
}

const day = ({ receivedAt }: Settled): string => calendarDay(receivedAt, 'Asia/Seoul');
const apartMs = (a: Settled, b: Settled): number => Math.abs(+a.receivedAt - +b.receivedAt);
const atMost = (groups: readonly Settled[][], most: number | null | undefined): void => {
  for (const group of groups) expect(group.length).toBeLessThanOrEqual(most ?? Infinity);
};

function expectLimitsHold(settled: readonly Settled[], rules: AnyRules): void {
  const earned = settled.filter(hasEarned);
  const verified = earned.filter(({ intent }) => intent !== null);
  const bare = earned.filter(({ intent }) => intent === null);
  const { caps, intent } = rules;
  for (const [kind, most] of [
    [verified, caps],
    [bare, rules.unverifiedCaps ?? caps],
  ] as const) {
    atMost(
      groupBy(kind, (s) => `${s.userId}/${day(s)}`),
      most.perUserPerDay,
    );
    atMost(
      groupBy(kind, (s) => s.userId),
      most.perUser,
    );
  }
  atMost(
    groupBy(verified, (s) => `${s.userId}/${s.room}/${day(s)}`),
    caps.perUserAndRoomPerDay,
  );
  atMost(
    groupBy(bare, (s) => `${s.userId}/${s.room}/${day(s)}`),
    1,
  );
  if (intent.pays === 'once-per-room')
    atMost(
      groupBy(verified, (s) => `${s.intent ?? ''}/${s.room}`),
      1,
    );
  else
    atMost(
      groupBy(verified, (s) => s.intent ?? ''),
      intent.atMost ?? 1,
    );
  for (const one of verified)
    for (const other of verified.filter((s) => s.userId === one.userId && s.intent !== one.intent))
      expect(apartMs(one, other)).toBeGreaterThanOrEqual(rules.coolDownSeconds * 1_000);
  for (const one of bare)
    for (const other of bare.filter((s) => s.userId === one.userId && s !== one))
      expect(apartMs(one, other)).toBeGreaterThanOrEqual(rules.coolDownSeconds * 1_000);
  expect(totalOf(settled)).toBeLessThanOrEqual(rules.budget ?? Infinity);
  if (rules.mode === 'strict') expect(bare).toEqual([]);
  if (rules.test || rules.mode === 'observe') expect(totalOf(settled)).toBe(0);
}

/**
 * What is due is paid. What was earned never becomes less, so a limit that refused a share is still reached in the end: by
 * rewards of the share's own kind, or of any kind where a bare share looks at all of them.
 */
function causesOf(
  share: Settled,
  settled: readonly Settled[],
  rules: AnyRules,
): Record<string, () => boolean> {
  const { caps, intent, ladder } = rules;
  const isVerified = share.intent !== null;
  const seen = settled
    .filter(hasEarned)
    .filter((s) => s.userId === share.userId && (!isVerified || s.intent !== null));
  const ofKind = seen.filter((s) => (s.intent !== null) === isVerified);
  const ofDay = (some: readonly Settled[]): Settled[] => some.filter((s) => day(s) === day(share));
  const ofRoom = (some: readonly Settled[]): Settled[] =>
    some.filter(({ room }) => room === share.room);
  const reaches = (some: readonly Settled[], most: number | null): boolean =>
    most !== null && some.length >= most;
  const most = isVerified ? caps : (rules.unverifiedCaps ?? caps);
  return {
    'self-share': () => share.chatType === 'MemoChat',
    'intent-missing': () => rules.mode === 'strict' && !isVerified,
    'intent-used': () => {
      const ofIntent = seen.filter((s) => s.intent === share.intent);
      return intent.pays === 'once-per-room'
        ? reaches(ofRoom(ofIntent), 1)
        : reaches(ofIntent, intent.atMost ?? 1);
    },
    'room-used-today': () =>
      reaches(ofRoom(ofDay(seen)), isVerified ? caps.perUserAndRoomPerDay : 1),
    cap: () => reaches(ofDay(ofKind), most.perUserPerDay) || reaches(ofKind, most.perUser),
    'cool-down': () =>
      seen.some(
        (s) =>
          (!isVerified || s.intent !== share.intent) &&
          apartMs(s, share) < rules.coolDownSeconds * 1_000,
      ),
    budget: () => (rules.budget ?? Infinity) - totalOf(settled) < (ladder === null ? 100 : 130),
  };
}

function expectRefusalsHadCause(settled: readonly Settled[], rules: AnyRules): void {
  for (const share of settled.filter((s) => !hasEarned(s))) {
    const had = causesOf(share, settled, rules)[share.verdict]?.();
    expect({ ...share, had }).toEqual({ ...share, had: true });
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
}, 300_000);
