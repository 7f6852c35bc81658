import type { Decision } from '../campaigns/reward-policy.js';
import type { StoredShare } from './stored-shares.js';

/** How shares ended, as far as one campaign is concerned. */
export interface SimulatedSide {
  /** Verdict to number of shares; `other-campaign`: another one decided, `pending`: nobody has yet. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** What the campaign paid, in its unit. */
  readonly amount: number;
}

/** How one share ended for the campaign, and how it would have. */
export interface SimulatedChange {
  readonly deliveryId: string;
  readonly receivedAt: string;
  readonly before: { readonly verdict: string; readonly amount: number };
  readonly after: {
    readonly verdict: string;
    readonly amount: number;
    readonly reasons: readonly string[];
  };
}

/** What a changed campaign would have done. */
export interface Simulation {
  /** How many shares of the app were looked at. */
  readonly shares: number;
  /** There were more in the period than are looked at: those after the last one are not in here. */
  readonly truncated: boolean;
  /** Of those looked at, how many tell nothing any more, because their user was erased. */
  readonly erased: number;
  readonly before: SimulatedSide;
  readonly after: SimulatedSide;
  /** How many shares would have ended otherwise. */
  readonly changed: number;
  /** The first of them. */
  readonly examples: readonly SimulatedChange[];
}

const MAX_EXAMPLES = 50;

/** Adds up, share by share, what concerns one campaign before or after. */
export class SimulationReport {
  readonly #before = new Side();
  readonly #after = new Side();
  readonly #examples: SimulatedChange[] = [];
  #changed = 0;

  constructor(private readonly campaignId: string) {}

  add(
    share: Pick<StoredShare, 'deliveryId' | 'before'> & { readonly receivedAt: Date },
    { verdict, reasons, campaign, earned }: Decision,
  ): void {
    const decidedBy = campaign?.campaignId;
    if (share.before.campaignId !== this.campaignId && decidedBy !== this.campaignId) return;
    const before = this.#asSeen(share.before.campaignId, share.before);
    const amount = earned?.paid === true ? earned.amount : 0;
    const after = { ...this.#asSeen(decidedBy, { verdict, amount }), reasons };
    this.#before.add(before);
    this.#after.add(after);
    if (before.verdict === after.verdict && before.amount === after.amount) return;
    this.#changed++;
    if (this.#examples.length === MAX_EXAMPLES) return;
    const { deliveryId, receivedAt } = share;
    this.#examples.push({ deliveryId, receivedAt: receivedAt.toISOString(), before, after });
  }

  of(looked: Pick<Simulation, 'shares' | 'truncated' | 'erased'>): Simulation {
    return {
      ...looked,
      before: this.#before.total(),
      after: this.#after.total(),
      changed: this.#changed,
      examples: this.#examples,
    };
  }

  /** What another campaign decided is that one's matter. */
  #asSeen(
    decidedBy: string | undefined,
    { verdict, amount }: { verdict: string; amount: number },
  ): SimulatedChange['before'] {
    return decidedBy === undefined || decidedBy === this.campaignId
      ? { verdict, amount }
      : { verdict: 'other-campaign', amount: 0 };
  }
}

class Side {
  readonly #verdicts = new Map<string, number>();
  #amount = 0;

  add({ verdict, amount }: SimulatedChange['before']): void {
    this.#verdicts.set(verdict, (this.#verdicts.get(verdict) ?? 0) + 1);
    this.#amount += amount;
  }

  total(): SimulatedSide {
    return { verdicts: Object.fromEntries(this.#verdicts), amount: this.#amount };
  }
}
