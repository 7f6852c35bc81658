import type { Decision } from '../campaigns/reward-policy.js';
import { SHARE_VERDICTS } from '../campaigns/verdicts.js';
import type { Problem } from '../kakao/parameter.js';
import type { BudgetState } from './read-situation.js';
import type { OpenDelivery } from './open-delivery.js';

/** Who decided, where no person did. */
export const SETTLEMENT_ACTOR = 'settlement';

/** How a delivery can end: docs/verdicts.md has the table. `pending`, until it has ended, is not stored. */
export const VERDICTS = [...SHARE_VERDICTS, 'quarantined', 'failed'] as const;

export type Verdict = (typeof VERDICTS)[number];

/** Everything that settling one delivery decided, before any of it is written. */
export interface Outcome {
  readonly deliveryId: string;
  readonly app: string;
  readonly receivedAt: Date;
  readonly decisionNumber: number;
  /** How it had ended before; undefined: it is decided for the first time. */
  readonly earlier?: OpenDelivery['earlier'];
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  readonly userRef: string | undefined;
  readonly campaign?: Decision['campaign'];
  /** Whether an intent stood behind it; undefined where no campaign was asked. */
  readonly verified?: boolean | undefined;
  readonly earned?: Decision['earned'];
  /** Set exactly when something is paid, pending or at once. */
  readonly transferId?: string;
  /** How the campaign's budget stood before it paid this. */
  readonly budgetBefore?: BudgetState;
}

/** What people read of problems found in a request. */
export function problemReasons(problems: readonly Problem[]): string[] {
  return problems.map(({ field, problem }) => `${field} ${problem}`);
}

/** What every outcome says of its delivery. */
export function headOf(
  delivery: Pick<OpenDelivery, 'id' | 'app' | 'receivedAt' | 'decisions' | 'earlier'>,
): Pick<Outcome, 'deliveryId' | 'app' | 'receivedAt' | 'decisionNumber' | 'earlier'> {
  const { id, app, receivedAt, decisions, earlier } = delivery;
  return { deliveryId: id, app, receivedAt, decisionNumber: decisions + 1, earlier };
}
