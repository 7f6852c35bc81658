import type { Shortfall } from '../../src/points/clawback-reward.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What can be done to a user's points; which reward or redemption is told by its place, modulo how many there are. */
export type Command =
  | { do: 'reward'; amount: number; days: number | null }
  | { do: 'hold'; amount: number; hours: number; days: number | null }
  | { do: 'release' | 'void'; which: number }
  | { do: 'redeem'; amount: number }
  | { do: 'reverse'; which: number }
  | { do: 'clawback'; which: number; amount: number | null; shortfall: Shortfall }
  | { do: 'adjust'; direction: 'credit' | 'debit'; amount: number; days: number | null }
  | { do: 'release-due' | 'expire-due' | 'collect-claims' }
  | { do: 'pass-time'; hours: number };

interface ModelLot {
  amount: number;
  remaining: number;
  expiresAt: number;
}

interface ModelReward {
  amount: number;
  days: number | null;
  state: 'pending' | 'available' | 'voided';
  releaseAt: number;
  claim: { amount: number; taken: number; shortfall: Shortfall } | null;
}

interface ModelRedemption {
  amount: number;
  taken: { lot: number; amount: number }[];
  isReversed: boolean;
}

/** The code of the error that a command ends with. */
export class Refused extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** A user's points in a few lines of arithmetic: what the books must agree with after every command. */
export class PointsModel {
  now = Date.parse('2026-01-01T00:00:00Z');
  lots: ModelLot[] = [];
  debt = 0;
  rewards: ModelReward[] = [];
  redemptions: ModelRedemption[] = [];
  /** Places of rewards that are claimed, in the order of the claims. */
  claims: number[] = [];
  transfers = 0;

  get available(): number {
    return this.debt > 0 ? -this.debt : this.#spendable();
  }

  get pending(): number {
    return this.rewards
      .filter(({ state }) => state === 'pending')
      .reduce((sum, { amount }) => sum + amount, 0);
  }

  /** The same user, to whom other things may happen. */
  copy(): PointsModel {
    return Object.assign(new PointsModel(), this.#state());
  }

  /** @throws {Refused} leaving everything as it was */
  apply(command: Command): void {
    const before = this.#state();
    try {
      this.#do(command);
    } catch (error) {
      Object.assign(this, before);
      throw error;
    }
  }

  #state(): object {
    const { now, lots, debt, rewards, redemptions, claims, transfers } = this;
    return structuredClone({ now, lots, debt, rewards, redemptions, claims, transfers });
  }

  #do(command: Command): void {
    switch (command.do) {
      case 'pass-time':
        this.now += command.hours * HOUR_MS;
        return;
      case 'reward':
        this.#reward(command.amount, command.days, 'available', 0);
        this.#earn(command.amount, command.days);
        return;
      case 'hold':
        this.#reward(command.amount, command.days, 'pending', this.now + command.hours * HOUR_MS);
        this.transfers++;
        return;
      case 'release':
        this.#release(this.#pendingReward(command.which, 'voided'));
        return;
      case 'void':
        this.#pendingReward(command.which, 'available').state = 'voided';
        this.transfers++;
        return;
      case 'release-due':
        for (const reward of this.rewards
          .filter(({ state, releaseAt }) => state === 'pending' && releaseAt <= this.now)
          .sort((a, b) => a.releaseAt - b.releaseAt))
          this.#release(reward);
        return;
      case 'expire-due':
        this.#expire();
        return;
      case 'collect-claims':
        this.#collect();
        return;
      case 'redeem':
        this.#redeem(command.amount);
        return;
      case 'reverse':
        this.#reverse(pick(this.redemptions, command.which));
        return;
      case 'clawback':
        this.#clawback(command);
        return;
      case 'adjust':
        if (command.direction === 'credit') this.#earn(command.amount, command.days);
        else this.#spend(command.amount);
    }
  }

  #reward(
    amount: number,
    days: number | null,
    state: ModelReward['state'],
    releaseAt: number,
  ): void {
    this.rewards.push({ amount, days, state, releaseAt, claim: null });
  }

  #pendingReward(which: number, refused: ModelReward['state']): ModelReward {
    const reward = pick(this.rewards, which);
    if (reward.state === refused || reward.releaseAt === 0)
      throw new Refused('KAKAO_SHARE_REWARD_STATE');
    if (reward.state !== 'pending') throw new Refused('repeated');
    return reward;
  }

  #release(reward: ModelReward): void {
    reward.state = 'available';
    this.#earn(reward.amount, reward.days);
  }

  #earn(amount: number, days: number | null): void {
    const netted = Math.min(amount, this.debt);
    this.debt -= netted;
    const expiresAt = days === null ? Infinity : this.now + days * DAY_MS;
    this.lots.push({ amount, remaining: amount - netted, expiresAt });
    this.transfers++;
  }

  #inOrder(): { lot: ModelLot; place: number }[] {
    return this.lots
      .map((lot, place) => ({ lot, place }))
      .sort((a, b) =>
        a.lot.expiresAt === b.lot.expiresAt ? a.place - b.place : a.lot.expiresAt - b.lot.expiresAt,
      );
  }

  #spendable(): number {
    return this.lots.reduce((sum, { remaining }) => sum + remaining, 0);
  }

  #take(amount: number): ModelRedemption['taken'] {
    const taken: ModelRedemption['taken'] = [];
    let wanted = amount;
    for (const { lot, place } of this.#inOrder()) {
      const part = Math.min(wanted, lot.remaining);
      if (part === 0) continue;
      lot.remaining -= part;
      wanted -= part;
      taken.push({ lot: place, amount: part });
    }
    this.debt += wanted;
    this.transfers++;
    return taken;
  }

  #expire(): void {
    for (const { lot } of this.#inOrder()) {
      if (lot.remaining === 0 || lot.expiresAt > this.now) continue;
      lot.remaining = 0;
      this.transfers++;
    }
  }

  #collect(): void {
    for (const place of this.claims) {
      const claim = this.rewards[place]?.claim ?? { amount: 0, taken: 0 };
      const part = Math.min(this.#spendable(), claim.amount - claim.taken);
      if (part === 0) continue;
      this.#take(part);
      claim.taken += part;
    }
  }

  #spend(amount: number): ModelRedemption['taken'] {
    this.#expire();
    this.#collect();
    if (this.available < amount) throw new Refused('KAKAO_SHARE_INSUFFICIENT_POINTS');
    return this.#take(amount);
  }

  #redeem(amount: number): void {
    this.redemptions.push({ amount, taken: this.#spend(amount), isReversed: false });
  }

  #reverse(redemption: ModelRedemption): void {
    if (redemption.isReversed) throw new Refused('repeated');
    redemption.isReversed = true;
    const taken = redemption.taken.map(({ lot, amount }) => ({
      lot: pick(this.lots, lot),
      amount,
    }));
    for (const { lot, amount } of taken.sort((a, b) => a.lot.expiresAt - b.lot.expiresAt || 0)) {
      const netted = Math.min(amount, this.debt);
      this.debt -= netted;
      lot.remaining += amount - netted;
    }
    this.transfers++;
  }

  #clawback({ which, amount: asked, shortfall }: Command & { do: 'clawback' }): void {
    const place = which % this.rewards.length;
    const reward = pick(this.rewards, which);
    const amount = asked ?? reward.amount;
    if (reward.claim !== null) {
      const isSame = reward.claim.amount === amount && reward.claim.shortfall === shortfall;
      throw new Refused(isSame ? 'repeated' : 'KAKAO_SHARE_IDEMPOTENCY_CONFLICT');
    }
    if (reward.state !== 'available' || amount > reward.amount)
      throw new Refused('KAKAO_SHARE_REWARD_STATE');
    this.#expire();
    this.#collect();
    const there = Math.max(this.available, 0);
    if (shortfall === 'refuse' && there < amount)
      throw new Refused('KAKAO_SHARE_INSUFFICIENT_POINTS');
    const taken = shortfall === 'negative' ? amount : Math.min(there, amount);
    if (taken > 0) this.#take(taken);
    reward.claim = { amount, taken, shortfall };
    this.claims.push(place);
  }
}

/** The one that a command means; nothing there is nothing to do. */
export function pick<T>(all: readonly T[], which: number): T {
  const one = all[which % all.length];
  if (one === undefined) throw new Refused('none');
  return one;
}
