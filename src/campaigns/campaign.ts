/** Whether shares count: judged, like all rules, by when the share was received. */
export const CAMPAIGN_STATES = ['draft', 'live', 'paused', 'ended'] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

/**
 * `strict`: only a share with a valid intent is paid. `compat`: a bare user id may earn too, unverified, under caps of its own.
 * `observe`: everything is decided and reported, nothing is paid.
 */
export const CAMPAIGN_MODES = ['strict', 'compat', 'observe'] as const;
export type CampaignMode = (typeof CAMPAIGN_MODES)[number];

/** How often one intent pays: one tap can reach several rooms, and be repeated. */
export const INTENT_RULES = ['once', 'once-per-room', 'at-most'] as const;
export type IntentRule = (typeof INTENT_RULES)[number];

/** Among which rewards of a user a ladder counts distinct rooms. */
export const LADDER_SCOPES = ['intent', 'day', 'campaign'] as const;
export type LadderScope = (typeof LADDER_SCOPES)[number];

/** From this many distinct rooms on, the one at hand included, a share pays this amount. */
export interface LadderStep {
  readonly fromRooms: number;
  readonly amount: number;
}

/** The rules of a campaign, as kept in the database. A change is a new version; these never change. */
export interface CampaignRules {
  /** The window: a share received at `startsAt` counts, one received at `endsAt` does not. RFC 3339. */
  readonly startsAt: string;
  readonly endsAt: string | null;
  /** Decides where a day begins, e.g. `Asia/Seoul`. */
  readonly timeZone: string;
  /** Of several campaigns that a share fits, the highest decides. */
  readonly priority: number;
  /** Which shares are this campaign's. Nothing listed: any. */
  readonly match: {
    /** Kakao template ids, as digits. */
    readonly templateIds: readonly string[];
    /** Custom parameter to the values that fit. An intent names its campaign, so these are not asked then. */
    readonly parameters: Readonly<Record<string, readonly string[]>>;
  };
  readonly mode: CampaignMode;
  /** Chat types that count, in Kakao's words. */
  readonly chatTypes: readonly string[];
  /** What a room with nobody else in it means, and what it means that Kakao did not tell. */
  readonly singleChatroom: {
    readonly whenTrue: 'self-share' | 'count';
    readonly whenNotTold: 'self-share' | 'count';
  };
  /** Which ranges of members count (null: all), and what it means that Kakao did not tell, or said `UNKNOWN`. */
  readonly roomSizes: {
    readonly ranges: readonly string[] | null;
    readonly whenNotTold: 'count' | 'refuse';
  };
  /**
   * Whether the app has paid usage: only then Kakao itself tells how many are in a room. Without it a page could make that up, so
   * it is believed only where it speaks against the share.
   */
  readonly hasPaidUsage: boolean;
  /** What each share pays, in the campaign's unit: a positive integer. Null where a ladder says it. */
  readonly amount: number | null;
  readonly ladder: { readonly per: LadderScope; readonly steps: readonly LadderStep[] } | null;
  readonly intent: {
    readonly pays: IntentRule;
    /** With `at-most`: how often. */
    readonly atMost: number | null;
    readonly lifetimeMinutes: number;
    /** Intents of a user that are neither expired nor paid. */
    readonly maxOpenPerUser: number;
  };
  /** Counted in rewards. Null: no such cap. A live campaign has one per user, or says that it is unlimited. */
  readonly caps: {
    readonly perUserPerDay: number | null;
    readonly perUser: number | null;
    readonly perUserAndRoomPerDay: number | null;
    readonly unlimited: boolean;
  };
  /** For shares without an intent, needed in `compat`. They count beside the verified ones, never against them. */
  readonly unverifiedCaps: {
    readonly perUserPerDay: number;
    readonly perUser: number | null;
  } | null;
  /** Two rewards of a user are at least this far apart, by time of receipt. */
  readonly coolDownSeconds: number;
  /** What may be paid in all, at a hard stop; judged when settling. Null: no limit. */
  readonly budget: number | null;
  /** Shares of the budget at which a warning event is told. */
  readonly budgetWarningPercents: readonly number[];
  /** How long a reward is pending before it is released. 0: paid at once. */
  readonly holdHours: number;
  /** How long points can be spent from when they became available, in days of 24 h. Null: for ever. */
  readonly expiresAfterDays: number | null;
  /** Decides everything and never pays. */
  readonly test: boolean;
}

/** One version of a campaign. */
export interface CampaignVersion {
  readonly campaignId: string;
  readonly app: string;
  readonly unit: string;
  readonly version: number;
  readonly effectiveFrom: Date;
  readonly state: CampaignState;
  readonly rules: CampaignRules;
}
