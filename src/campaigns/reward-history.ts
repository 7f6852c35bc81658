/** A reward that was decided before: what caps, cool-downs and ladders look at. */
export interface PastReward {
  readonly campaignId: string;
  readonly userRef: string;
  /** Undefined: unverified. */
  readonly intentId: string | undefined;
  readonly room: string;
  readonly receivedAt: Date;
  /** False: observed, or of a test. What is paid is judged against what was paid, what is observed against what was observed. */
  readonly paid: boolean;
}

/** What users earned in campaigns so far; grows while a batch is decided, so that each share sees those before it. */
export class RewardHistory {
  readonly #rewards = new Map<string, PastReward[]>();

  constructor(past: readonly PastReward[]) {
    for (const reward of past) this.add(reward);
  }

  add(reward: PastReward): void {
    const key = historyKey(reward);
    const known = this.#rewards.get(key);
    if (known === undefined) this.#rewards.set(key, [reward]);
    else known.push(reward);
  }

  of(owner: Pick<PastReward, 'campaignId' | 'userRef' | 'paid'>): readonly PastReward[] {
    return this.#rewards.get(historyKey(owner)) ?? [];
  }
}

function historyKey({
  campaignId,
  userRef,
  paid,
}: Pick<PastReward, 'campaignId' | 'userRef' | 'paid'>): string {
  return `${campaignId}/${userRef}/${paid}`;
}
