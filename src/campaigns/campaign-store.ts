import type { Queryable } from '../database/database.js';
import { TooManyCampaignsError } from './campaign-errors.js';
import type { CampaignRules, CampaignState, CampaignVersion } from './campaign.js';

/** Of each app: five times what it can run at a time. Beyond it nothing is decided rather than something by chance. */
const MAX_VERSIONS_PER_APP = 5_000;

/** So long after a campaign closed its late shares are told that it did; who shares later still was never promised anything. */
const REMEMBERED_MS = 90 * 24 * 3_600_000;

interface VersionRow {
  campaign_id: string;
  app: string;
  unit: string;
  version: number;
  effective_from: Date;
  state: CampaignState;
  rules: CampaignRules;
}

/** For which shares campaigns are asked for. */
export interface VersionsScope {
  readonly apps: readonly string[];
  /** When the first of them was received, and the last. */
  readonly earliest: Date;
  readonly latest: Date;
  /** Campaigns that their intents name: read however long they are closed. */
  readonly named: readonly string[];
}

/**
 * The versions that were in force at some moment of the scope, of the campaigns that could decide: drafts never do, nor does
 * what closed long before and is named by nobody. Where the apps close so many that they would not fit, only what closed in the
 * scope, or later, is read: a share of one that is over then ends as `no-campaign`.
 *
 * @throws {TooManyCampaignsError}
 */
export async function readCampaignVersions(
  queryable: Queryable,
  scope: VersionsScope,
): Promise<CampaignVersion[]> {
  const most = MAX_VERSIONS_PER_APP * scope.apps.length;
  const remembered = new Date(scope.earliest.getTime() - REMEMBERED_MS);
  let rows = await readRows(queryable, scope, remembered, most + 1);
  if (rows.length > most) rows = await readRows(queryable, scope, scope.earliest, most + 1);
  if (rows.length > most) {
    throw new TooManyCampaignsError(
      `More than ${most} versions of campaigns were in force in that time: nothing is decided until there are fewer, or the time is shorter.`,
    );
  }
  return rows.map((row) => ({
    campaignId: row.campaign_id,
    app: row.app,
    unit: row.unit,
    version: row.version,
    effectiveFrom: row.effective_from,
    state: row.state,
    rules: row.rules,
  }));
}

/** A campaign is read with all its versions of the time, or not at all: with some of them an old one would seem to be in force. */
async function readRows(
  queryable: Queryable,
  { apps, earliest, latest, named }: VersionsScope,
  closedAfter: Date,
  limit: number,
): Promise<VersionRow[]> {
  return queryable.query<VersionRow>(
    `SELECT campaign_id, app, unit, version, effective_from, state, rules FROM (
       SELECT v.campaign_id, c.app, c.unit, v.version, v.effective_from, v.state, v.rules,
              bool_or(CASE WHEN v.state = 'ended' THEN v.effective_from
                           ELSE coalesce((v.rules ->> 'endsAt')::timestamptz, 'infinity') END > $4)
                OVER (PARTITION BY v.campaign_id) AS could_decide
       FROM kakao_share.campaigns c JOIN kakao_share.campaign_versions v ON v.campaign_id = c.id
       WHERE c.app = ANY($1) AND v.state <> 'draft' AND v.effective_from <= $3
         AND NOT EXISTS (SELECT FROM kakao_share.campaign_versions later
                         WHERE later.campaign_id = v.campaign_id AND later.version > v.version AND later.effective_from <= $2)
     ) in_force
     WHERE could_decide OR campaign_id = ANY($5)
     ORDER BY campaign_id, version LIMIT $6`,
    [apps, earliest, latest, closedAfter, named, limit],
  );
}

/** Which of these campaigns are stopped by their kill switch, right now. */
export async function readKilledCampaigns(
  queryable: Queryable,
  campaignIds: readonly string[],
): Promise<Set<string>> {
  const rows = await queryable.query<{ id: string }>(
    'SELECT id FROM kakao_share.campaigns WHERE id = ANY($1) AND killed_at IS NOT NULL',
    [campaignIds],
  );
  return new Set(rows.map(({ id }) => id));
}
