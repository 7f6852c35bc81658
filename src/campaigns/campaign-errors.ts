/** Rules that cannot be taken, each fault with the field it is in. */
export class CampaignRefusedError extends Error {
  readonly code = 'KAKAO_SHARE_CAMPAIGN_REFUSED';
  override readonly name = 'CampaignRefusedError';
  constructor(readonly faults: readonly string[]) {
    super(`The campaign cannot be saved: ${faults.join('; ')}`);
  }
}

/** A change that the campaign, as it stands now, does not allow. */
export class CampaignConflictError extends Error {
  readonly code = 'KAKAO_SHARE_CAMPAIGN_CONFLICT';
  override readonly name = 'CampaignConflictError';
}

/** There is no such campaign, or it was deleted. */
export class UnknownCampaignError extends Error {
  readonly code = 'KAKAO_SHARE_UNKNOWN_CAMPAIGN';
  override readonly name = 'UnknownCampaignError';
  constructor() {
    super('no such campaign');
  }
}

/** More campaigns than an app can run, or a decision can look at. */
export class TooManyCampaignsError extends Error {
  readonly code = 'KAKAO_SHARE_TOO_MANY_CAMPAIGNS';
  override readonly name = 'TooManyCampaignsError';
}
