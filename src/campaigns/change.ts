/** Who changes a campaign, and why. */
export interface Change {
  readonly campaignId: string;
  readonly actor: string;
  readonly reason: string;
}
