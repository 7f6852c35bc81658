/** The rules of a campaign, as kept in the database. A change is a new version; these never change. */
export interface CampaignRules {
  /** The window: a share received at `startsAt` counts, one received at `endsAt` does not. RFC 3339. */
  readonly startsAt: string;
  readonly endsAt: string | null;
  /** Decides where a day begins, e.g. `Asia/Seoul`. */
  readonly timeZone: string;
  /** Chat types that count, in Kakao's words. */
  readonly chatTypes: readonly string[];
  /** What a share pays, in the campaign's unit: a positive integer. */
  readonly amount: number;
}

/** One version of a campaign. */
export interface CampaignVersion {
  readonly campaignId: string;
  readonly app: string;
  readonly unit: string;
  readonly version: number;
  readonly effectiveFrom: Date;
  readonly rules: CampaignRules;
}
