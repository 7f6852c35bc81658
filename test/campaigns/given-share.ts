import type { CampaignRules, CampaignVersion } from '../../src/campaigns/campaign.js';
import { completeRules } from '../../src/campaigns/complete-rules.js';
import { chooseCampaign } from '../../src/campaigns/choose-campaign.js';
import { RewardHistory, type PastReward } from '../../src/campaigns/reward-history.js';
import { decideReward, type Decision } from '../../src/campaigns/reward-policy.js';
import { digestRoom, type ShareFacts } from '../../src/campaigns/share-facts.js';

export const NOON = '2026-11-21T12:00:00+09:00';

/** A live campaign of 100 points in November, to friends and groups, unless told otherwise. */
export function givenVersion(
  rules: Partial<CampaignRules> = {},
  overrides: Partial<CampaignVersion> = {},
): CampaignVersion {
  return {
    campaignId: 'campaign-1',
    app: 'default',
    unit: 'point',
    version: 1,
    effectiveFrom: new Date(0),
    state: 'live',
    rules: completeRules({
      startsAt: '2026-11-01T00:00:00+09:00',
      endsAt: '2026-12-01T00:00:00+09:00',
      chatTypes: ['DirectChat', 'MultiChat'],
      amount: 100,
      ...rules,
    }),
    ...overrides,
  };
}

/** A share with an intent of its own, to a friend, unless told otherwise. */
export function givenShare(
  receivedAt: string | Date = NOON,
  { room = 'room-1', intent = 'intent-1', ...overrides }: GivenShare = {},
): ShareFacts {
  return {
    app: 'default',
    receivedAt: new Date(receivedAt),
    userRef: 'user-1',
    intent:
      typeof intent === 'string'
        ? {
            status: 'valid',
            id: intent,
            campaignId: 'campaign-1',
            expiresAt: new Date('2099-01-01T00:00:00Z'),
          }
        : intent,
    chatType: 'DirectChat',
    singleChatroom: undefined,
    memberRange: undefined,
    templateId: undefined,
    custom: [],
    room: digestRoom('default', room),
    ...overrides,
  };
}

type GivenShare = Partial<Omit<ShareFacts, 'intent'>> & {
  intent?: string | ShareFacts['intent'];
};

/** Nobody vouches for it. */
export const UNVERIFIED = { intent: { status: 'none' } } as const;

/** Decides as settlement does, after what was earned before. */
export function decide(
  share: ShareFacts,
  versions: readonly CampaignVersion[] = [givenVersion()],
  {
    past = [],
    budgetLeft = Infinity,
    isKilled = false,
  }: { past?: readonly PastReward[]; budgetLeft?: number; isKilled?: boolean } = {},
): Decision {
  return decideReward(share, chooseCampaign(share, versions), {
    history: new RewardHistory(past),
    budgetLeft: () => budgetLeft,
    isKilled: () => isKilled,
  });
}

/** Decides one share after the other, each seeing what those before it earned. */
export function decideAll(
  shares: readonly ShareFacts[],
  versions: readonly CampaignVersion[] = [givenVersion()],
): Decision[] {
  const past: PastReward[] = [];
  return shares.map((share) => {
    const decision = decide(share, versions, { past });
    if (decision.earned !== undefined) past.push(decision.earned);
    return decision;
  });
}

export function verdictsOf(
  shares: readonly ShareFacts[],
  versions?: readonly CampaignVersion[],
): string[] {
  return decideAll(shares, versions).map(({ verdict }) => verdict);
}
