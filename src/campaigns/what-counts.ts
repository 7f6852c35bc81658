import { CHAT_WITH_ONESELF } from '../kakao/chat-types.js';
import type { CampaignVersion } from './campaign.js';
import { isOpen } from './choose-campaign.js';
import type { ShareFacts } from './share-facts.js';
import type { Refusal } from './verdicts.js';

/** Refuses a share that the campaign does not count, whatever was paid before. */
export function refuseUncounted(
  share: ShareFacts,
  campaign: CampaignVersion,
  isKilled: boolean,
): Refusal | undefined {
  return (
    refuseStopped(share, campaign, isKilled) ??
    refuseIntent(share, campaign) ??
    refuseRoom(share, campaign)
  );
}

function refuseStopped(
  { receivedAt }: ShareFacts,
  campaign: CampaignVersion,
  isKilled: boolean,
): Refusal | undefined {
  const { state, rules } = campaign;
  if (state === 'ended')
    return { verdict: 'outside-window', reason: 'the campaign had been ended before' };
  if (!isOpen(receivedAt, campaign)) {
    const window = `from ${rules.startsAt}${rules.endsAt === null ? '' : ` to ${rules.endsAt}`}`;
    return { verdict: 'outside-window', reason: `the campaign runs ${window}` };
  }
  if (isKilled)
    return { verdict: 'stopped', reason: 'the campaign was stopped by its kill switch' };
  if (state === 'paused')
    return { verdict: 'stopped', reason: 'the campaign was paused when the share arrived' };
  return undefined;
}

function refuseIntent(
  { intent, receivedAt }: ShareFacts,
  { rules }: CampaignVersion,
): Refusal | undefined {
  if (intent.status === 'valid') {
    if (receivedAt < intent.expiresAt) return undefined;
    return {
      verdict: 'intent-expired',
      reason: `the share arrived after its intent had expired at ${intent.expiresAt.toISOString()}`,
    };
  }
  if (rules.mode !== 'strict') return undefined;
  return {
    verdict: 'intent-missing',
    reason: 'the campaign pays only for a share that carries an intent',
  };
}

function refuseRoom(share: ShareFacts, { rules }: CampaignVersion): Refusal | undefined {
  const chatType = isSelfShare(share, rules) ? CHAT_WITH_ONESELF : share.chatType;
  if (!rules.chatTypes.includes(chatType)) {
    return chatType === CHAT_WITH_ONESELF
      ? { verdict: 'self-share', reason: 'the share went to a room with nobody else in it' }
      : { verdict: 'chat-type', reason: `chat type ${chatType} does not count` };
  }
  const { ranges, whenNotTold } = rules.roomSizes;
  if (ranges === null) return undefined;
  const isTold = rules.hasPaidUsage && share.memberRange !== 'UNKNOWN';
  const range = isTold ? share.memberRange : undefined;
  if (range === undefined) {
    return whenNotTold === 'count'
      ? undefined
      : { verdict: 'room-size', reason: 'Kakao did not tell how many are in the room' };
  }
  return ranges.includes(range)
    ? undefined
    : { verdict: 'room-size', reason: `a room of ${range} members does not count` };
}

function isSelfShare(
  { chatType, singleChatroom }: ShareFacts,
  { singleChatroom: means, hasPaidUsage }: CampaignVersion['rules'],
): boolean {
  if (chatType === CHAT_WITH_ONESELF) return true;
  // Nobody makes up what speaks against his own share.
  if (singleChatroom === true) return means.whenTrue === 'self-share';
  const isTold = singleChatroom === false && hasPaidUsage;
  return !isTold && means.whenNotTold === 'self-share';
}
