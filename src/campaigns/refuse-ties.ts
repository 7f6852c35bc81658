import type { Transaction } from '../database/database.js';
import { CampaignRefusedError } from './campaign-errors.js';
import type { CampaignRules } from './campaign.js';
import { canTie } from './ties.js';

/** Far more than an app runs at a time; comparing with more would hold up every other save. */
const MAX_RUNNING = 1_000;

/** Makes saves of one app wait for each other, so that two that tie cannot both be the first. Taken before any other lock. */
export async function lockCampaignsOf(tx: Transaction, app: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `kakao_share/campaigns-of/${app}`,
  ]);
}

/**
 * Call it under the app's lock.
 * @throws {CampaignRefusedError} naming the running campaign that one share could fit as well
 */
export async function refuseTies(
  tx: Transaction,
  campaign: { readonly id: string | undefined; readonly app: string },
  rules: CampaignRules,
): Promise<void> {
  const running = await tx.query<{ id: string; rules: CampaignRules }>(
    `SELECT id, rules FROM kakao_share.current_campaigns
     WHERE app = $1 AND id IS DISTINCT FROM $2 AND state IN ('live', 'paused') AND rules -> 'priority' = to_jsonb($3::int)
       AND coalesce((rules ->> 'endsAt')::timestamptz, 'infinity') > $4
     ORDER BY id LIMIT ${MAX_RUNNING + 1}`,
    [campaign.app, campaign.id ?? null, rules.priority, rules.startsAt],
  );
  if (running.length > MAX_RUNNING)
    throw new CampaignRefusedError([
      `rules.priority: more than ${MAX_RUNNING} campaigns have this one; end some, or take another`,
    ]);
  const other = running.find((candidate) => canTie(rules, candidate.rules));
  if (other !== undefined)
    throw new CampaignRefusedError([
      `rules.priority: campaign ${other.id} has the same one, and a share could fit both; take another, or other templates, parameters or times`,
    ]);
}
