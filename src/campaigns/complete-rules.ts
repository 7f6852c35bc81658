import { CHAT_TYPES, CHAT_WITH_ONESELF } from '../kakao/chat-types.js';
import type { CampaignRules } from './campaign.js';

/** Parts of the rules whose fields have defaults of their own. */
type Part = 'match' | 'singleChatroom' | 'roomSizes' | 'intent' | 'caps';
type UnverifiedCaps = NonNullable<CampaignRules['unverifiedCaps']>;

/** What must be said of a campaign; the rest has a careful default. */
export type GivenRules = Pick<CampaignRules, 'startsAt'> &
  Partial<Omit<CampaignRules, Part | 'unverifiedCaps'>> & {
    readonly [P in Part]?: Partial<CampaignRules[P]>;
  } & {
    readonly unverifiedCaps?:
      (Pick<UnverifiedCaps, 'perUserPerDay'> & Partial<UnverifiedCaps>) | null;
  };

const DEFAULT_RULES: Omit<CampaignRules, 'startsAt'> = {
  endsAt: null,
  timeZone: 'Asia/Seoul',
  priority: 0,
  match: { templateIds: [], parameters: {} },
  mode: 'strict',
  chatTypes: CHAT_TYPES.filter((type) => type !== CHAT_WITH_ONESELF),
  singleChatroom: { whenTrue: 'self-share', whenNotTold: 'count' },
  roomSizes: { ranges: null, whenNotTold: 'count' },
  hasPaidUsage: false,
  amount: null,
  ladder: null,
  intent: { pays: 'once', atMost: null, lifetimeMinutes: 24 * 60, maxOpenPerUser: 20 },
  caps: { perUserPerDay: null, perUser: null, perUserAndRoomPerDay: 1, unlimited: false },
  unverifiedCaps: null,
  coolDownSeconds: 0,
  budget: null,
  budgetWarningPercents: [50, 80],
  holdHours: 0,
  expiresAfterDays: null,
  test: false,
};

/** Fills in what was left open, so that stored rules are always complete. Knows nothing of what is allowed. */
export function completeRules(given: GivenRules): CampaignRules {
  return {
    ...DEFAULT_RULES,
    ...given,
    match: { ...DEFAULT_RULES.match, ...given.match },
    singleChatroom: { ...DEFAULT_RULES.singleChatroom, ...given.singleChatroom },
    roomSizes: { ...DEFAULT_RULES.roomSizes, ...given.roomSizes },
    intent: { ...DEFAULT_RULES.intent, ...given.intent },
    caps: { ...DEFAULT_RULES.caps, ...given.caps },
    unverifiedCaps: given.unverifiedCaps ? { perUser: null, ...given.unverifiedCaps } : null,
  };
}
