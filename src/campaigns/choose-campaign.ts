import type { Parameter } from '../kakao/parameter.js';
import type { CampaignRules, CampaignState, CampaignVersion } from './campaign.js';
import type { ShareFacts } from './share-facts.js';

/**
 * Tells which campaign decides about a share: the intent's, otherwise the one of highest priority that the share fits; of
 * those that fit, one that runs goes before one that does not yet or no longer run. Undefined where none fits.
 *
 * @param versions every version, in force about then, of the campaigns that could decide: see `readCampaignVersions`
 */
export function chooseCampaign(
  share: ShareFacts,
  versions: readonly CampaignVersion[],
): CampaignVersion | undefined {
  const fitting = versionsInForce(share, versions)
    .filter(({ state }) => state !== 'draft')
    .filter((version) => fits(share, version))
    .sort(byPriority);
  return fitting.find((version) => isOpen(share.receivedAt, version)) ?? fitting[0];
}

/** Whether the campaign's window is open at a moment, and nobody has ended it before. Fails closed: a date that is none opens nothing. */
export function isOpen(
  moment: Date,
  {
    state,
    rules,
  }: {
    readonly state: CampaignState;
    readonly rules: Pick<CampaignRules, 'startsAt' | 'endsAt'>;
  },
): boolean {
  if (state === 'ended' || !(moment >= new Date(rules.startsAt))) return false;
  return rules.endsAt === null || moment < new Date(rules.endsAt);
}

/** The version of each campaign that was in force when the share was received. */
function versionsInForce(
  share: ShareFacts,
  versions: readonly CampaignVersion[],
): CampaignVersion[] {
  const inForce = new Map<string, CampaignVersion>();
  for (const candidate of versions) {
    if (candidate.app !== share.app || candidate.effectiveFrom > share.receivedAt) continue;
    const known = inForce.get(candidate.campaignId);
    if (known === undefined || known.version < candidate.version)
      inForce.set(candidate.campaignId, candidate);
  }
  return [...inForce.values()];
}

/** Kakao itself tells the template; custom parameters come through the user's browser, and an intent says more than they do. */
function fits(share: ShareFacts, { campaignId, rules: { match } }: CampaignVersion): boolean {
  const { templateIds, parameters } = match;
  if (templateIds.length > 0 && !templateIds.includes(share.templateId ?? '')) return false;
  if (share.intent.status === 'valid') return share.intent.campaignId === campaignId;
  return Object.entries(parameters).every(([name, values]) =>
    share.custom.some((given) => given.name === name && values.includes(textOf(given))),
  );
}

function textOf({ value }: Parameter): string {
  return 'text' in value ? value.text : value.json;
}

function byPriority(a: CampaignVersion, b: CampaignVersion): number {
  const higher = b.rules.priority - a.rules.priority;
  return higher !== 0 ? higher : a.campaignId < b.campaignId ? -1 : 1;
}
