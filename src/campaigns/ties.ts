import type { CampaignRules } from './campaign.js';

/** Whether one share could fit both campaigns at the same priority: then nobody could say which decides. */
export function canTie(a: CampaignRules, b: CampaignRules): boolean {
  return a.priority === b.priority && windowsOverlap(a, b) && matchesOverlap(a.match, b.match);
}

function windowsOverlap(a: CampaignRules, b: CampaignRules): boolean {
  return startOf(a) < endOf(b) && startOf(b) < endOf(a);
}

const startOf = ({ startsAt }: CampaignRules): number => Date.parse(startsAt);
const endOf = ({ endsAt }: CampaignRules): number =>
  endsAt === null ? Infinity : Date.parse(endsAt);

/** A parameter that only one of them asks for keeps no share from fitting both. */
function matchesOverlap(a: CampaignRules['match'], b: CampaignRules['match']): boolean {
  const templatesOverlap =
    a.templateIds.length === 0 ||
    b.templateIds.length === 0 ||
    overlap(a.templateIds, b.templateIds);
  return (
    templatesOverlap &&
    Object.entries(a.parameters).every(
      ([name, values]) =>
        !Object.hasOwn(b.parameters, name) || overlap(values, b.parameters[name] ?? []),
    )
  );
}

function overlap(some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => others.includes(one));
}
