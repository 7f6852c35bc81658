import { SHARE_VERDICTS, type Decision } from '../campaigns/reward-policy.js';
import type { NewEvent } from '../events/domain-event.js';
import type { Problem } from '../kakao/parameter.js';

/** Who decided, where no person did. */
export const SETTLEMENT_ACTOR = 'settlement';

/** How a delivery can end: the table is in the README. `pending`, until it has ended, is not stored. */
export const VERDICTS = [...SHARE_VERDICTS, 'quarantined', 'failed'] as const;

export type Verdict = (typeof VERDICTS)[number];

/** Everything that settling one delivery decided, before any of it is written. */
export interface Outcome {
  readonly deliveryId: string;
  readonly app: string;
  readonly receivedAt: Date;
  readonly decisionNumber: number;
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  readonly userRef: string | undefined;
  readonly campaign?: Decision['campaign'];
  /** Set exactly when the verdict is `rewarded`. */
  readonly reward?: Decision['reward'] & { readonly transferId: string };
}

/** What people read of problems found in a request. */
export function problemReasons(problems: readonly Problem[]): string[] {
  return problems.map(({ field, problem }) => `${field} ${problem}`);
}

/** The events of an outcome, in the order in which others should hear of them. */
export function eventsOf(outcome: Outcome): NewEvent[] {
  const { deliveryId, app, userRef, receivedAt, verdict, reasons, campaign, reward } = outcome;
  const event = (type: NewEvent['type'], data: Record<string, unknown>): NewEvent => ({
    type,
    app,
    userRef,
    occurredAt: receivedAt,
    data: { deliveryId, app, ...data },
  });
  if (verdict === 'quarantined') return [event('kakao.share.quarantined', { reasons })];
  if (verdict === 'failed') return [event('kakao.share.failed', { reasons })];
  const recorded = event('kakao.share.recorded', { verdict });
  if (reward !== undefined && campaign !== undefined) {
    const { transferId, amount, unit } = reward;
    const campaignOf = { campaignId: campaign.campaignId, campaignVersion: campaign.version };
    return [recorded, event('reward.credited', { transferId, amount, unit, ...campaignOf })];
  }
  return userRef === undefined
    ? [recorded]
    : [recorded, event('reward.withheld', { verdict, reasons })];
}
