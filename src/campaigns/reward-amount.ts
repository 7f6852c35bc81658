import { isSameDay } from './calendar-day.js';
import type { CampaignVersion, LadderScope } from './campaign.js';
import type { PastReward } from './reward-history.js';
import type { ShareFacts } from './share-facts.js';

/** What a share earns: a fixed amount, or the ladder's step for the number of distinct rooms reached with it. */
export function rewardAmount(
  share: ShareFacts,
  { rules }: CampaignVersion,
  past: readonly PastReward[],
): number {
  const { amount, ladder, timeZone } = rules;
  if (ladder === null) return amount ?? 0;
  const counted = past.filter((reward) => isInScope(share, reward, ladder.per, timeZone));
  const rooms = new Set([share.room, ...counted.map(({ room }) => room)]).size;
  return ladder.steps.findLast(({ fromRooms }) => fromRooms <= rooms)?.amount ?? 0;
}

/** As with caps: what nobody vouches for never moves a verified share up or down. */
function isInScope(
  { intent, receivedAt }: ShareFacts,
  reward: PastReward,
  scope: LadderScope,
  timeZone: string,
): boolean {
  if (intent.status === 'valid' && reward.intentId === undefined) return false;
  if (scope === 'intent') return intent.status === 'valid' && reward.intentId === intent.id;
  if (scope === 'campaign') return true;
  return isSameDay(receivedAt, reward.receivedAt, timeZone);
}
