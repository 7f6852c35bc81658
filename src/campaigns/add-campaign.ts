import { recordAudit } from '../audit/record-audit.js';
import type { Transaction } from '../database/database.js';
import { readClock } from '../database/read-clock.js';
import { checkRules } from './check-rules.js';
import { createCampaign, type NewCampaign } from './create-campaign.js';
import { refusingUnknownTimeZones } from './known-time-zone.js';
import { lockCampaignsOf } from './refuse-ties.js';

/**
 * Adds a campaign whose fields are right one by one, in force from now.
 * @throws {CampaignRefusedError} naming what is wrong between them, or the campaign it ties with
 */
export async function addCampaign(
  tx: Transaction,
  campaign: Omit<NewCampaign, 'effectiveFrom'>,
): Promise<string> {
  const { app, name, unit, state, rules, actor } = campaign;
  await lockCampaignsOf(tx, app);
  await checkRules(tx, { id: undefined, app }, state, rules);
  const effectiveFrom = await readClock(tx);
  const id = await refusingUnknownTimeZones(() =>
    createCampaign(tx, { ...campaign, effectiveFrom }),
  );
  await recordAudit(tx, {
    ...{ actor, app, action: 'campaign.create', target: id },
    after: { name, unit, version: 1, state, rules },
  });
  return id;
}
