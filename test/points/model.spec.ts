import fc from 'fast-check';
import { errorCodeOf } from '../../src/database/database-errors.js';
import { verifyLedger } from '../../src/ledger/verification.js';
import { adjustPoints } from '../../src/points/adjust-points.js';
import { clawbackReward, SHORTFALLS } from '../../src/points/clawback-reward.js';
import { collectClaims } from '../../src/points/collect-claims.js';
import { expireDueLots } from '../../src/points/expire-lots.js';
import type { Holder } from '../../src/points/holder.js';
import { redeemPoints } from '../../src/points/redeem-points.js';
import { releaseDueHolds } from '../../src/points/release-due-holds.js';
import { releaseReward } from '../../src/points/release-reward.js';
import { reverseRedemption } from '../../src/points/reverse-redemption.js';
import { transact } from '../../src/points/transact.js';
import { voidReward } from '../../src/points/void-reward.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { givenCampaign } from '../support/test-service.js';
import { givenReward, givenUser } from './given-reward.js';
import { pick, PointsModel, Refused, type Command } from './points-model.js';

const DAY_MS = 86_400_000;
const USERS = 3;
/** Each command is given up to this often at the same moment. */
const MAX_AT_ONCE = 3;

let db: TestDatabase;
let campaignId: string;
let run = 0;

beforeAll(async () => {
  db = await createTestDatabase();
  campaignId = await givenCampaign(db);
});
afterAll(async () => {
  await db.drop();
});

const amount = fc.integer({ min: 1, max: 120 });
const which = fc.nat(20);
const days = fc.option(fc.integer({ min: 1, max: 4 }));
const only = <const T extends string>(value: T): fc.Arbitrary<T> => fc.constant(value);

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: only('reward'), amount, days }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: only('hold'),
      amount,
      days,
      hours: fc.integer({ min: 1, max: 48 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('release' as const, 'void' as const), which }),
  },
  { weight: 4, arbitrary: fc.record({ do: only('redeem'), amount }) },
  { weight: 2, arbitrary: fc.record({ do: only('reverse'), which }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: only('clawback'),
      which,
      amount: fc.option(amount, { freq: 2 }),
      shortfall: fc.constantFrom(...SHORTFALLS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: only('adjust'),
      direction: fc.constantFrom('credit' as const, 'debit' as const),
      amount,
      days,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('release-due' as const, 'expire-due' as const, 'collect-claims' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: only('pass-time'), hours: fc.integer({ min: 1, max: 60 }) }),
  },
);
const step = fc.record({ command, atOnce: fc.integer({ min: 1, max: MAX_AT_ONCE }) });
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** A user in the books beside the same user in the model. */
class Player {
  readonly model = new PointsModel();
  readonly #deliveries: string[] = [];
  readonly #redemptions: string[] = [];
  #keys = 0;

  constructor(readonly holder: Holder) {}

  async play({ command: given, atOnce }: Step): Promise<void> {
    const expected = this.#expect(given);
    if (expected === 'none') return;
    const key = `${this.holder.userRef}/${this.#keys++}`;
    const isOnce = given.do === 'reward' || given.do === 'hold' || given.do === 'pass-time';
    const outcomes = await Promise.all(
      Array.from({ length: isOnce ? 1 : atOnce }, () => this.#give(given, key)),
    );
    this.#compareOutcomes(expected, outcomes);
    if (given.do === 'redeem' && expected === 'moved')
      this.#redemptions.push(outcomes[0]?.id ?? '');
    await this.compare();
  }

  #expect(given: Command): string {
    try {
      this.model.apply(given);
      return 'moved';
    } catch (error) {
      if (error instanceof Refused) return error.code;
      throw error;
    }
  }

  #compareOutcomes(expected: string, outcomes: readonly Outcome[]): void {
    const told = outcomes.map(({ code }) => code);
    if (expected !== 'moved') {
      expect(new Set(told)).toEqual(new Set([expected]));
      return;
    }
    // However often it is given: it happens once, and all are told the same transfer.
    expect(told.filter((code) => code === 'moved')).toHaveLength(1);
    expect(told.filter((code) => code !== 'moved' && code !== 'repeated')).toEqual([]);
    expect(new Set(outcomes.map(({ id }) => id)).size).toBe(1);
  }

  async #give(given: Command, key: string): Promise<Outcome> {
    try {
      return await this.#carryOut(given, key);
    } catch (error) {
      return { code: errorCodeOf(error) ?? String(error), id: undefined };
    }
  }

  async #carryOut(given: Command, key: string): Promise<Outcome> {
    const { holder } = this;
    const now = new Date(this.model.now);
    const by = { actor: 'test', reason: 'test', apps: undefined, now };
    const { userRef } = holder;
    switch (given.do) {
      case 'pass-time':
        return { code: 'moved', id: undefined };
      case 'reward':
      case 'hold': {
        const reward = await givenReward(db, holder, {
          ...{ campaignId, amount: given.amount, now },
          ...(given.days === null ? {} : { expiresAfterDays: given.days }),
          ...(given.do === 'hold'
            ? { releaseAt: new Date(now.getTime() + given.hours * 3_600_000) }
            : {}),
        });
        this.#deliveries.push(reward.deliveryId);
        return { code: 'moved', id: reward.transferId };
      }
      case 'release':
      case 'void': {
        const deliveryId = pick(this.#deliveries, given.which);
        const resolve = given.do === 'release' ? releaseReward : voidReward;
        return outcomeOf(await resolve(db.database, { ...by, deliveryId }));
      }
      case 'redeem':
        return outcomeOf(
          await redeemPoints(db.database, { ...by, ...holder, key, amount: given.amount }),
        );
      case 'reverse': {
        const redemptionId = pick(this.#redemptions, given.which);
        return outcomeOf(await reverseRedemption(db.database, { ...by, redemptionId }));
      }
      case 'clawback': {
        const deliveryId = pick(this.#deliveries, given.which);
        const asked = given.amount === null ? {} : { amount: given.amount };
        const { shortfall } = given;
        const done = await clawbackReward(db.database, { ...by, ...asked, deliveryId, shortfall });
        return { code: done.repeated ? 'repeated' : 'moved', id: done.transfer?.id };
      }
      case 'adjust': {
        const { direction, amount: adjusted } = given;
        const expiresAt =
          given.days === null || given.direction === 'debit'
            ? {}
            : { expiresAt: new Date(now.getTime() + given.days * DAY_MS) };
        const request = { ...by, ...holder, ...expiresAt, key, direction, amount: adjusted };
        return outcomeOf(await adjustPoints(db.database, request));
      }
      default: {
        const duties = {
          'release-due': releaseDueHolds,
          'expire-due': expireDueLots,
          'collect-claims': collectClaims,
        };
        await transact(db.database, (tx) => duties[given.do](tx, [userRef], now));
        return { code: this.#first(key) ? 'moved' : 'repeated', id: undefined };
      }
    }
  }

  #lastFirst: string | undefined;

  /** What the clerk does has no answer to compare: the first of those at once counts as the one. */
  #first(key: string): boolean {
    const isFirst = this.#lastFirst !== key;
    this.#lastFirst = key;
    return isFirst;
  }

  async compare(): Promise<void> {
    const { userRef } = this.holder;
    const balances = await db.rows<{ kind: string; balance: string }>(
      'SELECT kind, balance FROM kakao_share.accounts WHERE user_ref = $1',
      [userRef],
    );
    const balanceOf = (kind: string): number =>
      Number(balances.find((row) => row.kind === kind)?.balance ?? 0);
    expect({
      available: balanceOf('user_available'),
      pending: balanceOf('user_pending'),
      lots: await this.#readLots(),
      transfers: await db.number('SELECT count(*) FROM kakao_share.transfers WHERE user_ref = $1', [
        userRef,
      ]),
    }).toEqual({
      available: this.model.available,
      pending: this.model.pending,
      lots: this.model.lots.map(({ amount: whole, remaining, expiresAt }) => [
        whole,
        remaining,
        expiresAt,
      ]),
      transfers: this.model.transfers,
    });
  }

  async #readLots(): Promise<unknown[]> {
    const lots = await db.rows<{ amount: string; remaining: string; expires_at: Date | null }>(
      `SELECT l.amount, l.remaining, l.expires_at FROM kakao_share.lots l
       JOIN kakao_share.accounts a ON a.id = l.account_id WHERE a.user_ref = $1 ORDER BY l.id`,
      [this.holder.userRef],
    );
    return lots.map(({ amount: whole, remaining, expires_at }) => [
      Number(whole),
      Number(remaining),
      expires_at?.getTime() ?? Infinity,
    ]);
  }
}

interface Outcome {
  readonly code: string;
  readonly id: string | undefined;
}

function outcomeOf(done: { transfer: { id: string }; repeated: boolean }): Outcome {
  return { code: done.repeated ? 'repeated' : 'moved', id: done.transfer.id };
}

test('whatever is done to points, by users side by side and repeatedly at once, the books agree with plain arithmetic', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 5, maxLength: 30 }), {
        minLength: USERS,
        maxLength: USERS,
      }),
      async (stories) => {
        run++;
        await Promise.all(
          stories.map(async (story, index) => {
            const player = new Player(await givenUser(db, `run-${run}-${index}`));
            for (const one of story) await player.play(one);
          }),
        );
        const { checks } = await verifyLedger(db.database);
        expect(checks.filter(({ ok }) => !ok)).toEqual([]);
      },
    ),
    { numRuns: 40 },
  );
}, 120_000);
