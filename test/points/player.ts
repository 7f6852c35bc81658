import { errorCodeOf } from '../../src/database/database-errors.js';
import { adjustPoints } from '../../src/points/adjust-points.js';
import { clawbackReward } from '../../src/points/clawback-reward.js';
import { collectClaims } from '../../src/points/collect-claims.js';
import { expireDueLots } from '../../src/points/expire-lots.js';
import type { Holder } from '../../src/points/holder.js';
import { redeemPoints } from '../../src/points/redeem-points.js';
import { releaseDueHolds } from '../../src/points/release-due-holds.js';
import { releaseReward } from '../../src/points/release-reward.js';
import { reverseRedemption } from '../../src/points/reverse-redemption.js';
import { transact } from '../../src/points/transact.js';
import { voidReward } from '../../src/points/void-reward.js';
import type { TestDatabase } from '../support/test-database.js';
import { givenReward } from './given-reward.js';
import { pick, PointsModel, Refused, type Command } from './points-model.js';

const DAY_MS = 86_400_000;
/** Which reward or redemption is meant is known when commands are given at once, whatever comes in between. */
const TARGETS = {
  release: 'rewards',
  void: 'rewards',
  clawback: 'rewards',
  reverse: 'redemptions',
} as const;

/** A user in the books beside the same user in the model. */
export class Player {
  /** More than one where several orders would look the same so far. */
  #models = [new PointsModel()];
  /** Lets time pass for whatever may have happened. */
  passTime(hours: number): void {
    for (const model of this.#models) model.apply({ do: 'pass-time', hours });
  }

  get model(): PointsModel {
    return pick(this.#models, 0);
  }

  readonly #deliveries: string[] = [];
  readonly #redemptions: string[] = [];
  #keys = 0;

  /** Users of one campaign, in one database. */
  constructor(
    private readonly db: TestDatabase,
    private readonly campaignId: string,
    readonly holder: Holder,
  ) {}

  /** Gives a command, so often at the same moment: it happens once. */
  async play(given: Command, atOnce: number): Promise<void> {
    const expected = expectedOf(this.model, given);
    if (expected === 'none') return;
    const key = `${this.holder.userRef}/${this.#keys++}`;
    const isOnce = given.do === 'reward' || given.do === 'hold' || given.do === 'pass-time';
    const outcomes = await Promise.all(
      Array.from({ length: isOnce ? 1 : atOnce }, () => this.#give(given, key)),
    );
    this.#compareOutcomes(expected, outcomes);
    if (given.do === 'redeem' && expected === 'moved')
      this.#redemptions.push(outcomes[0]?.id ?? '');
    expect(await this.#read()).toEqual(summaryOf(this.model));
  }

  /** Gives different commands at the same moment: answers and books are those of some order, one after the other. */
  async playTogether(commands: readonly Command[]): Promise<void> {
    const given = commands.flatMap((command) => aimed(command, this.model));
    const told = await Promise.all(
      given.map((command) => this.#give(command, `${this.holder.userRef}/${this.#keys++}`)),
    );
    for (const [index, { code, id }] of told.entries())
      if (given[index]?.do === 'redeem' && code === 'moved') this.#redemptions.push(id ?? '');
    const books = await this.#read();
    const possible = this.#models.flatMap((before) =>
      ordersOf(given).map((order) => {
        const model = before.copy();
        const answers = order.map((index) => [index, expectedOf(model, given[index])] as const);
        return { model, codes: answers.sort(([a], [b]) => a - b).map(([, code]) => code) };
      }),
    );
    const codes = told.map(({ code }) => code);
    const seen = textOf(codes, books);
    const fits = possible.filter((one) => textOf(one.codes, summaryOf(one.model)) === seen);
    if (fits.length === 0)
      throw new Error(
        `No order gives this: ${JSON.stringify({ before: summaryOf(this.model), given, codes, books })}`,
      );
    // Orders that look alike may still differ in which lots a redemption took: all of them go on.
    const different = new Map(fits.map(({ model }) => [JSON.stringify(model), model]));
    this.#models = [...different.values()];
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
        const reward = await givenReward(this.db, holder, {
          ...{ campaignId: this.campaignId, amount: given.amount, now },
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
        return outcomeOf(await resolve(this.db.database, { ...by, deliveryId }));
      }
      case 'redeem':
        return outcomeOf(
          await redeemPoints(this.db.database, { ...by, ...holder, key, amount: given.amount }),
        );
      case 'reverse': {
        const redemptionId = pick(this.#redemptions, given.which);
        return outcomeOf(await reverseRedemption(this.db.database, { ...by, redemptionId }));
      }
      case 'clawback': {
        const deliveryId = pick(this.#deliveries, given.which);
        const asked = given.amount === null ? {} : { amount: given.amount };
        const { shortfall } = given;
        const done = await clawbackReward(this.db.database, {
          ...by,
          ...asked,
          deliveryId,
          shortfall,
        });
        return { code: done.repeated ? 'repeated' : 'moved', id: done.transfer?.id };
      }
      case 'adjust': {
        const { direction, amount: adjusted } = given;
        const expiresAt =
          given.days === null || given.direction === 'debit'
            ? {}
            : { expiresAt: new Date(now.getTime() + given.days * DAY_MS) };
        const request = { ...by, ...holder, ...expiresAt, key, direction, amount: adjusted };
        return outcomeOf(await adjustPoints(this.db.database, request));
      }
      default: {
        const duties = {
          'release-due': releaseDueHolds,
          'expire-due': expireDueLots,
          'collect-claims': collectClaims,
        };
        await transact(this.db.database, (tx) => duties[given.do](tx, [userRef], now));
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

  async #read(): Promise<Summary> {
    const { userRef } = this.holder;
    const balances = await this.db.rows<{ kind: string; balance: string }>(
      'SELECT kind, balance FROM kakao_share.accounts WHERE user_ref = $1',
      [userRef],
    );
    const balanceOf = (kind: string): number =>
      Number(balances.find((row) => row.kind === kind)?.balance ?? 0);
    return {
      available: balanceOf('user_available'),
      pending: balanceOf('user_pending'),
      lots: await this.#readLots(),
      transfers: await this.db.number(
        'SELECT count(*) FROM kakao_share.transfers WHERE user_ref = $1',
        [userRef],
      ),
    };
  }

  async #readLots(): Promise<Summary['lots']> {
    const lots = await this.db.rows<{ amount: string; remaining: string; expires_at: Date | null }>(
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

/** What books and model must agree on. */
interface Summary {
  readonly available: number;
  readonly pending: number;
  /** Whole, remaining, and when it expires. */
  readonly lots: readonly (readonly number[])[];
  readonly transfers: number;
}

function summaryOf({ available, pending, lots, transfers }: PointsModel): Summary {
  return {
    ...{ available, pending, transfers },
    lots: lots.map(({ amount, remaining, expiresAt }) => [amount, remaining, expiresAt]),
  };
}

/** One text per outcome: what is never to expire is null in it. */
function textOf(
  codes: readonly string[],
  { available, pending, transfers, lots }: Summary,
): string {
  return JSON.stringify([codes, available, pending, transfers, lots]);
}

/** What the model answers to a command; it happens there too. */
function expectedOf(model: PointsModel, given: Command | undefined): string {
  try {
    if (given !== undefined) model.apply(given);
    return 'moved';
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}

/** The command with its target told by place; none where there is no target yet. */
function aimed(command: Command, model: PointsModel): Command[] {
  if (!('which' in command)) return [command];
  const { length } = model[TARGETS[command.do]];
  return length === 0 ? [] : [{ ...command, which: command.which % length }];
}

/** Every order in which so many may come. */
function ordersOf(given: readonly unknown[]): number[][] {
  return given.reduce<number[][]>(
    (orders, _, next) =>
      orders.flatMap((order) =>
        Array.from({ length: order.length + 1 }, (__, place) => order.toSpliced(place, 0, next)),
      ),
    [[]],
  );
}
