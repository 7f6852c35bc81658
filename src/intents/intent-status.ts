import type { CampaignRules } from '../campaigns/campaign.js';

/** How an intent stands, to the company: `refused` when shares came and none has earned anything, yet. */
export type IntentState = 'open' | 'expired' | 'arrived' | 'paid' | 'held' | 'refused';

/** What is known of an intent at one moment. */
export interface IntentStanding {
  readonly expiresAt: Date;
  /** By the database's clock. */
  readonly isExpired: boolean;
  readonly unit: string;
  /** Earned in all, and of that what is held for now; in `unit`. */
  readonly paid: number;
  readonly held: number;
  /** How many shares have earned something. */
  readonly rewards: number;
  /** Shares have arrived, and of the newest one waits for its verdict. */
  readonly arrived: boolean;
  readonly undecided: boolean;
  readonly rule: Pick<CampaignRules['intent'], 'pays' | 'atMost'>;
}

/** How an intent stands. What was earned counts first: one intent can pay several rooms and be refused for others. */
export function stateOf(standing: IntentStanding): IntentState {
  if (standing.paid > 0) return 'paid';
  if (standing.held > 0) return 'held';
  if (standing.undecided) return 'arrived';
  if (standing.arrived) return 'refused';
  return standing.isExpired ? 'expired' : 'open';
}

/** How an intent stands, to the page of who shares: state and amount only. */
export interface IntentStatus {
  /** `waiting` for a share · `arrived` · `paid` · `held` for now · `not-rewarded`, so far · `expired` without a share. */
  readonly state: 'waiting' | 'arrived' | 'paid' | 'held' | 'not-rewarded' | 'expired';
  /** Earned by all its shares, held ones included; in `unit`. */
  readonly amount: number;
  readonly unit: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

const PAGE_STATES = { open: 'waiting', refused: 'not-rewarded' } as const;

export function statusOf(standing: IntentStanding): IntentStatus {
  const state = stateOf(standing);
  return {
    state: state === 'open' || state === 'refused' ? PAGE_STATES[state] : state,
    amount: standing.paid + standing.held,
    unit: standing.unit,
    expiresAt: standing.expiresAt.toISOString(),
  };
}

/** Whether nothing more is to be told soon: the rule allows no further reward, or the time is over. */
export function isFinal({ rule, rewards, isExpired, undecided }: IntentStanding): boolean {
  if (isExpired) return !undecided;
  if (rule.pays === 'once') return rewards > 0;
  return rule.pays === 'at-most' && rule.atMost !== null && rewards >= rule.atMost;
}
