import type { CampaignRules } from './campaign.js';

/** What paying a reward did to a budget that others should hear of. */
export type BudgetNews =
  { readonly level: 'warning'; readonly percent: number } | { readonly level: 'exhausted' };

/**
 * Tells which warning levels a payment passed, and whether it was the last that the budget could take: what is left pays not
 * even the smallest reward. Each is told when it is passed, and so once, unless points come back to the budget.
 *
 * @param budget what the campaign may pay in all; infinite where it has none
 */
export function budgetNews(
  rules: CampaignRules,
  budget: number,
  leftBefore: number,
  amount: number,
): readonly BudgetNews[] {
  if (budget === Infinity) return [];
  const leftAfter = leftBefore - amount;
  const isPassed = (percent: number): boolean => {
    const left = budget - (budget * percent) / 100;
    return leftBefore > left && leftAfter <= left;
  };
  const warnings = rules.budgetWarningPercents
    .filter(isPassed)
    .map((percent): BudgetNews => ({ level: 'warning', percent }));
  const smallest = smallestReward(rules);
  return leftBefore >= smallest && leftAfter < smallest
    ? [...warnings, { level: 'exhausted' }]
    : warnings;
}

function smallestReward({ amount, ladder }: CampaignRules): number {
  return amount ?? Math.min(...(ladder?.steps.map((step) => step.amount) ?? []));
}
