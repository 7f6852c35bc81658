import { calendarDay } from './calendar-day.js';
import type { CampaignVersion } from './campaign.js';
import { refuseTooOften } from './how-often.js';
import { rewardAmount } from './reward-amount.js';
import type { PastReward, RewardHistory } from './reward-history.js';
import type { ShareFacts } from './share-facts.js';
import type { Refusal, ShareVerdict } from './verdicts.js';
import { refuseUncounted } from './what-counts.js';

/** How things stand when a share is settled: read under the locks, brought forward by each decision of the batch. */
export interface Situation {
  readonly history: RewardHistory;
  /** What the campaign may still pay, in its unit; infinite without a budget. */
  budgetLeft(campaignId: string): number;
  isKilled(campaignId: string): boolean;
}

/** What a share earned, once: the key is unique for ever. */
export interface Earned extends PastReward {
  readonly key: string;
  readonly amount: number;
  readonly unit: string;
  /** Until when the points are pending; undefined: available at once. */
  readonly heldUntil: Date | undefined;
}

/** How a share ended, and why. */
export interface Decision {
  readonly verdict: ShareVerdict;
  readonly reasons: readonly string[];
  readonly campaign?: CampaignVersion;
  /** Set where the share earned something, also where that was only observed or a test and is not paid. */
  readonly earned?: Earned;
}

const HOUR_MS = 3_600_000;

/**
 * Decides what a share earns: facts and rules in, verdict with reasons and amount out.
 *
 * @param campaign the one that decides about the share: see `chooseCampaign`
 */
export function decideReward(
  share: ShareFacts,
  campaign: CampaignVersion | undefined,
  situation: Situation,
): Decision {
  const { intent, userRef } = share;
  if (intent.status === 'invalid' || intent.status === 'foreign')
    return { verdict: `intent-${intent.status}`, reasons: [UNUSABLE_TOKEN[intent.status]] };
  if (userRef === undefined)
    return { verdict: 'no-user', reasons: ['the webhook named no user to reward'] };
  if (campaign === undefined)
    return {
      verdict: 'no-campaign',
      reasons: [`no campaign of app ${share.app} is for this share`],
    };
  const past = situation.history.of({
    campaignId: campaign.campaignId,
    userRef,
    paid: isPaying(campaign),
  });
  const refusal =
    refuseUncounted(share, campaign, situation.isKilled(campaign.campaignId)) ??
    refuseTooOften(share, campaign, past);
  if (refusal !== undefined) return refused(refusal, campaign);
  const earned = earn(share, userRef, campaign, past);
  const budgetLeft = situation.budgetLeft(campaign.campaignId);
  if (earned.amount > budgetLeft) {
    const reason = `the campaign's budget has ${budgetLeft} left, and the reward would be ${earned.amount}`;
    return refused({ verdict: 'budget', reason }, campaign);
  }
  return earned.paid ? paid(earned, campaign) : unpaid(earned, campaign);
}

const UNUSABLE_TOKEN = {
  invalid:
    'the share carried a token that was not signed here, or with a key that is not listed here',
  foreign: 'the share carried a token that was not issued for this app',
};

/** Whether what it decides is paid at all. */
function isPaying({ rules }: CampaignVersion): boolean {
  return rules.mode !== 'observe' && !rules.test;
}

function earn(
  share: ShareFacts,
  userRef: string,
  campaign: CampaignVersion,
  past: readonly PastReward[],
): Earned {
  const { campaignId, unit, rules } = campaign;
  const { intent, room, receivedAt } = share;
  return {
    campaignId,
    userRef,
    intentId: intent.status === 'valid' ? intent.id : undefined,
    room,
    receivedAt,
    paid: isPaying(campaign),
    key: rewardKey(share, userRef, campaign, past),
    amount: rewardAmount(share, campaign, past),
    unit,
    heldUntil:
      rules.holdHours === 0
        ? undefined
        : new Date(receivedAt.getTime() + rules.holdHours * HOUR_MS),
  };
}

/** Says in one text what can be paid only once. The time zone stands in it because two zones can call two days by one date. */
function rewardKey(
  { intent, room, receivedAt }: ShareFacts,
  userRef: string,
  { campaignId, rules }: CampaignVersion,
  past: readonly PastReward[],
): string {
  if (intent.status !== 'valid') {
    const day = calendarDay(receivedAt, rules.timeZone);
    return `campaign/${campaignId}/user/${userRef}/room/${room}/day/${day}/${rules.timeZone}`;
  }
  const { pays } = rules.intent;
  if (pays === 'once') return `intent/${intent.id}`;
  if (pays === 'once-per-room') return `intent/${intent.id}/room/${room}`;
  return `intent/${intent.id}/${past.filter(({ intentId }) => intentId === intent.id).length + 1}`;
}

function refused({ verdict, reason }: Refusal, campaign: CampaignVersion): Decision {
  return { verdict, reasons: [reason], campaign };
}

function paid(earned: Earned, campaign: CampaignVersion): Decision {
  if (earned.heldUntil === undefined) return { verdict: 'rewarded', reasons: [], campaign, earned };
  const reason = `the points are pending until ${earned.heldUntil.toISOString()}`;
  return { verdict: 'held', reasons: [reason], campaign, earned };
}

function unpaid(earned: Earned, campaign: CampaignVersion): Decision {
  const reason = `would be paid ${earned.amount} ${earned.unit}`;
  return { verdict: campaign.rules.test ? 'test' : 'observe', reasons: [reason], campaign, earned };
}
