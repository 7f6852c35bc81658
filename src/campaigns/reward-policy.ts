import { createHash } from 'node:crypto';
import { CHAT_WITH_ONESELF } from '../kakao/chat-types.js';
import { calendarDay } from './calendar-day.js';
import type { CampaignVersion } from './campaign.js';

/** What the decision looks at, about one share. */
export interface ShareFacts {
  readonly app: string;
  readonly receivedAt: Date;
  /** Our surrogate for the user; undefined where nobody was named. */
  readonly userRef: string | undefined;
  readonly chatType: string;
  /** Nobody else is in the room; undefined where Kakao did not tell. */
  readonly singleChatroom?: boolean | undefined;
  readonly roomHash: string;
}

/** A payment that the rules allow, once: the key is unique for ever. */
export interface Reward {
  readonly key: string;
  readonly amount: number;
  readonly unit: string;
}

/** How a share can end. */
export const SHARE_VERDICTS = [
  'rewarded',
  'no-user',
  'no-campaign',
  'outside-window',
  'chat-type',
  'room-used-today',
] as const;

/** How a share ended, and why. */
export interface Decision {
  readonly verdict: (typeof SHARE_VERDICTS)[number];
  readonly reasons: readonly string[];
  readonly campaign?: CampaignVersion;
  readonly reward?: Reward;
}

/**
 * Decides what a share earns: values in, verdict with reasons out.
 *
 * @param versions every version of every campaign of the share's app
 * @param isPaid whether a reward key has been paid, before or by an earlier share of the same batch
 */
export function decideReward(
  share: ShareFacts,
  versions: readonly CampaignVersion[],
  isPaid: (rewardKey: string) => boolean,
): Decision {
  if (share.userRef === undefined) {
    return { verdict: 'no-user', reasons: ['the webhook named no user to reward'] };
  }
  const campaigns = campaignsInForce(share, versions);
  if (campaigns.length === 0)
    return { verdict: 'no-campaign', reasons: [`no campaign for app ${share.app}`] };
  const campaign = campaigns.find((candidate) => isInWindow(share.receivedAt, candidate));
  if (campaign === undefined) {
    return {
      verdict: 'outside-window',
      reasons: ['no campaign was running when the share arrived'],
    };
  }
  const chatType = countedChatType(share);
  if (!campaign.rules.chatTypes.includes(chatType)) {
    return {
      verdict: 'chat-type',
      reasons: [`chat type ${chatType} does not count`],
      campaign,
    };
  }
  const reward = rewardFor(share, share.userRef, campaign);
  if (isPaid(reward.key)) {
    return {
      verdict: 'room-used-today',
      reasons: ['this user was already rewarded for this room today'],
      campaign,
    };
  }
  return { verdict: 'rewarded', reasons: [], campaign, reward };
}

/** The key under which this share would be paid by each campaign: what to look up before deciding. */
export function possibleRewardKeys(
  share: ShareFacts,
  versions: readonly CampaignVersion[],
): string[] {
  const { userRef } = share;
  if (userRef === undefined) return [];
  return campaignsInForce(share, versions).map(
    (campaign) => rewardFor(share, userRef, campaign).key,
  );
}

/** The version of each campaign that was in force when the share was received, lowest id first. */
function campaignsInForce(
  share: ShareFacts,
  versions: readonly CampaignVersion[],
): CampaignVersion[] {
  const inForce = new Map<string, CampaignVersion>();
  for (const candidate of versions) {
    if (candidate.app !== share.app || candidate.effectiveFrom > share.receivedAt) continue;
    const known = inForce.get(candidate.campaignId);
    if (known === undefined || known.version < candidate.version)
      inForce.set(candidate.campaignId, candidate);
  }
  return [...inForce.values()].sort((a, b) => (a.campaignId < b.campaignId ? -1 : 1));
}

/** A room without anybody else is a share to oneself, whatever its type. */
function countedChatType({ chatType, singleChatroom }: ShareFacts): string {
  return singleChatroom === true ? CHAT_WITH_ONESELF : chatType;
}

/** Fails closed: a date that is none opens no window. */
function isInWindow(receivedAt: Date, { rules }: CampaignVersion): boolean {
  const hasStarted = receivedAt >= new Date(rules.startsAt);
  return hasStarted && (rules.endsAt === null || receivedAt < new Date(rules.endsAt));
}

/** Once per user and room a day. The room's hash is personal data, so the lasting key holds only a digest of it. */
function rewardFor(
  share: ShareFacts,
  userRef: string,
  { campaignId, unit, rules }: CampaignVersion,
): Reward {
  const room = createHash('sha256')
    .update(`${share.app}\n${share.roomHash}`)
    .digest('base64url')
    .slice(0, 22);
  const day = calendarDay(share.receivedAt, rules.timeZone);
  return {
    key: `campaign/${campaignId}/user/${userRef}/room/${room}/day/${day}`,
    amount: rules.amount ?? rules.ladder?.steps[0]?.amount ?? 0,
    unit,
  };
}
