import { budgetNews, type BudgetNews } from '../campaigns/budget-levels.js';
import type { CampaignVersion } from '../campaigns/campaign.js';
import type { Earned } from '../campaigns/reward-policy.js';
import type { EventData, NewEvent } from '../events/domain-event.js';
import type { Outcome } from './outcome.js';

/** What an outcome paid, pending or at once, and by which rules. */
interface Payment {
  readonly earned: Earned;
  readonly campaign: CampaignVersion;
  readonly transferId: string;
}

/**
 * The events of an outcome, in the order in which others should hear of them. A share is told once to each app that it was of,
 * however often it is decided, and a verdict that stays what it was is not told again: whoever tells users of it must not tell them
 * twice. A failure is: it was tried anew.
 */
export function eventsOf(outcome: Outcome): NewEvent[] {
  const { deliveryId, app, verdict, reasons, earlier } = outcome;
  const said = { deliveryId, app, reasons };
  if (verdict === 'failed') return [{ ...headOf(outcome), type: 'kakao.share.failed', data: said }];
  if (isToldAlready(outcome)) return [];
  if (verdict === 'quarantined')
    return [{ ...headOf(outcome), type: 'kakao.share.quarantined', data: said }];
  return [
    ...(earlier?.isRecorded === true ? [] : [recordedEvent(outcome)]),
    ...rewardEvents(outcome),
  ];
}

/** The same verdict, on the same user's share, in the same app. */
function isToldAlready({ verdict, app, userRef, earlier }: Outcome): boolean {
  return earlier?.verdict === verdict && earlier.app === app && earlier.userRef === userRef;
}

function recordedEvent(outcome: Outcome): NewEvent {
  const { deliveryId, app, verdict } = outcome;
  return { ...headOf(outcome), type: 'kakao.share.recorded', data: { deliveryId, app, verdict } };
}

/** What it earned, or that it earned nothing; of nobody's share there is nothing to tell. */
function rewardEvents(outcome: Outcome): NewEvent[] {
  const { earned, campaign, transferId } = outcome;
  if (earned !== undefined && campaign !== undefined && transferId !== undefined) {
    const payment = { earned, campaign, transferId };
    return [rewardEvent(outcome, payment), ...budgetEvents(outcome, payment)];
  }
  return outcome.userRef === undefined ? [] : [withheldEvent(outcome)];
}

function rewardEvent(outcome: Outcome, { earned, campaign, transferId }: Payment): NewEvent {
  const { deliveryId, app } = outcome;
  const { amount, unit, heldUntil } = earned;
  const data = { deliveryId, app, transferId, amount, unit, ...judgedBy(campaign, outcome) };
  if (heldUntil === undefined) return { ...headOf(outcome), type: 'reward.credited', data };
  return {
    ...headOf(outcome),
    type: 'reward.held',
    data: { ...data, heldUntil: heldUntil.toISOString() },
  };
}

function withheldEvent(outcome: Outcome): NewEvent {
  const { deliveryId, app, verdict, reasons, campaign } = outcome;
  const judged = campaign === undefined ? {} : judgedBy(campaign, outcome);
  return {
    ...headOf(outcome),
    type: 'reward.withheld',
    data: { deliveryId, app, verdict, reasons, ...judged },
  };
}

/** About the campaign, so no user's order holds for them. */
function budgetEvents(outcome: Outcome, { earned, campaign }: Payment): NewEvent[] {
  const { app, budgetBefore } = outcome;
  if (budgetBefore === undefined) return [];
  const { total: budget, left } = budgetBefore;
  const data = {
    app,
    ...nameOf(campaign),
    unit: campaign.unit,
    budget,
    left: left - earned.amount,
  };
  const head = { ...headOf(outcome), userRef: undefined };
  return budgetNews(campaign.rules, budget, left, earned.amount).map(
    (news: BudgetNews): NewEvent =>
      news.level === 'warning'
        ? { ...head, type: 'campaign.budget-warning', data: { ...data, percent: news.percent } }
        : { ...head, type: 'campaign.budget-exhausted', data },
  );
}

function headOf({
  app,
  userRef,
  receivedAt,
}: Outcome): Pick<NewEvent, 'app' | 'userRef' | 'occurredAt'> {
  return { app, userRef, occurredAt: receivedAt };
}

function judgedBy(
  campaign: CampaignVersion,
  { verified }: Outcome,
): Pick<EventData<'reward.credited'>, 'campaignId' | 'campaignVersion' | 'verified'> {
  return { ...nameOf(campaign), verified: verified === true };
}

function nameOf({ campaignId, version }: CampaignVersion): {
  campaignId: string;
  campaignVersion: number;
} {
  return { campaignId, campaignVersion: version };
}
