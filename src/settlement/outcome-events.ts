import { budgetNews } from '../campaigns/budget-levels.js';
import type { CampaignVersion } from '../campaigns/campaign.js';
import type { NewEvent } from '../events/domain-event.js';
import type { Outcome } from './outcome.js';

/** The events of an outcome, in the order in which others should hear of them. */
export function eventsOf(outcome: Outcome): NewEvent[] {
  const { deliveryId, app, userRef, receivedAt, verdict, reasons, campaign, verified } = outcome;
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
  const named = campaign === undefined ? {} : { ...nameOf(campaign), verified };
  const { earned, transferId } = outcome;
  if (earned === undefined || transferId === undefined) {
    return userRef === undefined
      ? [recorded]
      : [recorded, event('reward.withheld', { verdict, reasons, ...named })];
  }
  const { amount, unit, heldUntil } = earned;
  const paid = { transferId, amount, unit, ...named };
  const reward =
    heldUntil === undefined
      ? event('reward.credited', paid)
      : event('reward.held', { ...paid, heldUntil: heldUntil.toISOString() });
  return [recorded, reward, ...budgetEvents(outcome)];
}

/** About the campaign, so no user's order holds for them. */
function budgetEvents({ app, receivedAt, campaign, earned, budgetBefore }: Outcome): NewEvent[] {
  if (campaign === undefined || earned === undefined || budgetBefore === undefined) return [];
  const { total: budget, left } = budgetBefore;
  const data = {
    app,
    ...nameOf(campaign),
    unit: campaign.unit,
    budget,
    left: left - earned.amount,
  };
  return budgetNews(campaign.rules, budget, left, earned.amount).map((news) => ({
    type: `campaign.budget-${news.level}`,
    app,
    userRef: undefined,
    occurredAt: receivedAt,
    data: news.level === 'warning' ? { ...data, percent: news.percent } : data,
  }));
}

function nameOf({ campaignId, version }: CampaignVersion): Record<string, unknown> {
  return { campaignId, campaignVersion: version };
}
