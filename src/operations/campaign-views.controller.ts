import { Controller, Get, Param, ParseUUIDPipe, Query, UseGuards } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Caller } from './caller.js';
import { CampaignsQuery, VersionsQuery } from './campaign-requests.dto.js';
import {
  findCampaign,
  SELECT_CAMPAIGN,
  showCampaign,
  showVersion,
  type CampaignRow,
  type CampaignVersionRow,
  type CampaignVersionView,
  type CampaignView,
} from './campaign-view.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { toPage, visibleApps, type Page } from './page.js';

/** `/v1/campaigns`: how campaigns stand, and how they came there. */
@Controller('v1/campaigns')
@UseGuards(ManagementGuard)
@RequireScope('read')
export class CampaignViewsController {
  constructor(private readonly database: Database) {}

  @Get()
  async list(
    @Query() { app, state, cursor, limit }: CampaignsQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<CampaignView>> {
    const rows = await this.database.query<CampaignRow>(
      `${SELECT_CAMPAIGN}
       WHERE ($1::text[] IS NULL OR c.app = ANY($1))
         AND ($2::text IS NULL OR c.state = $2)
         AND ($3::uuid IS NULL OR c.id < $3)
       ORDER BY c.id DESC LIMIT $4`,
      [visibleApps(app, caller.apps) ?? null, state ?? null, cursor ?? null, limit + 1],
    );
    return toPage(rows, limit, showCampaign);
  }

  @Get(':id')
  async view(
    @Param('id', ParseUUIDPipe) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<CampaignView> {
    return findCampaign(this.database, id, caller);
  }

  @Get(':id/versions')
  async versions(
    @Param('id', ParseUUIDPipe) id: string,
    @Query() { cursor, limit }: VersionsQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<CampaignVersionView>> {
    await findCampaign(this.database, id, caller);
    const rows = await this.database.query<CampaignVersionRow>(
      `SELECT version, state, effective_from, actor, reason, rules FROM kakao_share.campaign_versions
       WHERE campaign_id = $1 AND ($2::int IS NULL OR version < $2) ORDER BY version DESC LIMIT $3`,
      [id, cursor ?? null, limit + 1],
    );
    return toPage(
      rows.map((row) => ({ ...row, id: String(row.version) })),
      limit,
      showVersion,
    );
  }
}
