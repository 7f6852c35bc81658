import { chooseCampaign } from '../campaigns/choose-campaign.js';
import type { CampaignVersion } from '../campaigns/campaign.js';
import { decideReward } from '../campaigns/reward-policy.js';
import { headOf, type Outcome } from './outcome.js';
import type { Understood } from './read-shares.js';
import type { Assigned, BatchSituation } from './read-situation.js';

/** A share that was understood, with the campaign that decides about it. */
export type Judged = Understood & Assigned;

/** Finds each share's campaign and puts the shares in the order of receipt, in which they are decided. */
export function assignCampaigns(
  understood: readonly Understood[],
  versions: readonly CampaignVersion[],
): Judged[] {
  return understood
    .map((one) => ({ ...one, campaign: chooseCampaign(one.facts, versions) }))
    .sort(inOrderOfReceipt);
}

/** Folds the decision over the batch, each share seeing what those before it earned. */
export function decideBatch(
  shares: readonly Judged[],
  situation: BatchSituation,
  newTransferId: () => string,
): Outcome[] {
  return shares.map(({ delivery, facts, campaign }) => {
    const { earned, ...decision } = decideReward(facts, campaign, situation);
    const outcome = {
      ...headOf(delivery),
      ...decision,
      userRef: facts.userRef,
      verified: campaign === undefined ? undefined : facts.intent.status === 'valid',
    };
    if (earned === undefined) return outcome;
    const budgetBefore = situation.budget(earned.campaignId);
    situation.apply(earned);
    if (!earned.paid) return { ...outcome, earned };
    return { ...outcome, earned, transferId: newTransferId(), budgetBefore };
  });
}

function inOrderOfReceipt(a: Understood, b: Understood): number {
  const earlier = a.delivery.receivedAt.getTime() - b.delivery.receivedAt.getTime();
  return earlier !== 0 ? earlier : a.delivery.id < b.delivery.id ? -1 : 1;
}
