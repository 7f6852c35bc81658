import type { CampaignRules, CampaignState } from './campaign.js';

/**
 * What is wrong between the fields of complete rules, each of which is right by itself; named by its path.
 * A live campaign is asked for more than one that nobody can earn from.
 */
export function findRuleFaults(rules: CampaignRules, state: CampaignState): string[] {
  return [
    ...windowFaults(rules),
    ...roomSizeFaults(rules),
    ...amountFaults(rules),
    ...intentFaults(rules),
    ...capFaults(rules, state),
    ...unverifiedCapFaults(rules),
  ].map((fault) => `rules.${fault}`);
}

function windowFaults({ startsAt, endsAt }: CampaignRules): string[] {
  return endsAt !== null && Date.parse(endsAt) <= Date.parse(startsAt)
    ? ['endsAt: must be after startsAt']
    : [];
}

function roomSizeFaults({ roomSizes, hasPaidUsage }: CampaignRules): string[] {
  return roomSizes.ranges !== null && !hasPaidUsage
    ? ['roomSizes.ranges: needs hasPaidUsage: true, since Kakao tells them only then']
    : [];
}

function amountFaults({ amount, ladder }: CampaignRules): string[] {
  if (amount === null && ladder === null) return ['amount: is needed, or a ladder'];
  return amount !== null && ladder !== null
    ? ['amount: must be left out where a ladder says it']
    : [];
}

function intentFaults({ intent }: CampaignRules): string[] {
  if (intent.pays === 'at-most' && intent.atMost === null)
    return ['intent.atMost: is needed where an intent pays at-most'];
  return intent.pays !== 'at-most' && intent.atMost !== null
    ? ['intent.atMost: has a meaning only where an intent pays at-most']
    : [];
}

function capFaults({ caps }: CampaignRules, state: CampaignState): string[] {
  const isCapped = caps.perUserPerDay !== null || caps.perUser !== null;
  if (caps.unlimited && isCapped) return ['caps.unlimited: must be false where a user has a cap'];
  return state === 'live' && !caps.unlimited && !isCapped
    ? ['caps: a live campaign needs perUserPerDay or perUser, or unlimited: true']
    : [];
}

/** A bare user id can be forged: it earns less than a promise that was kept, or as little where that is once. */
function unverifiedCapFaults({ mode, caps, unverifiedCaps }: CampaignRules): string[] {
  if (mode !== 'compat')
    return unverifiedCaps === null ? [] : ['unverifiedCaps: have a meaning only in mode compat'];
  if (unverifiedCaps === null) return ['unverifiedCaps: are needed in mode compat'];
  return (['perUserPerDay', 'perUser'] as const)
    .filter((cap) => isTooHigh(unverifiedCaps[cap], caps[cap]))
    .map((cap) => `unverifiedCaps.${cap}: must be lower than caps.${cap}, or both 1`);
}

/** Nothing is lower than once. */
function isTooHigh(unverified: number | null, verified: number | null): boolean {
  if (verified === null) return false;
  return unverified === null || unverified > Math.max(verified - 1, 1);
}
