import {
  Body,
  Controller,
  Delete,
  HttpCode,
  Inject,
  Param,
  ParseUUIDPipe,
  Post,
  Put,
  UseGuards,
} from '@nestjs/common';
import { addCampaign } from '../campaigns/add-campaign.js';
import { changeState } from '../campaigns/change-state.js';
import { deleteCampaign } from '../campaigns/delete-campaign.js';
import { turnKillSwitch } from '../campaigns/kill-switch.js';
import { saveRules } from '../campaigns/save-rules.js';
import { Database, type Transaction } from '../database/database.js';
import type { Caller } from './caller.js';
import {
  KillSwitchRequest,
  NewCampaignRequest,
  RulesRequest,
  StateRequest,
} from './campaign-requests.dto.js';
import { findCampaign, type CampaignView } from './campaign-view.js';
import { CONFIGURED_APPS, ownApp, type ConfiguredApps } from './configured-apps.js';
import { DEFAULT_UNIT } from './is-amount.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { ReasonedRequest } from './reasoned-request.js';
import { toRules } from './rules.dto.js';

/** Longer than the server lets a frozen worker hold a campaign's budget: a kill switch must not give up before. */
const LIMITS = { statementTimeoutMs: 15_000 };

/** `/v1/campaigns`: the rules, as data, and changes of them. */
@Controller('v1/campaigns')
@UseGuards(ManagementGuard)
export class CampaignsController {
  constructor(
    private readonly database: Database,
    @Inject(CONFIGURED_APPS) private readonly configured: ConfiguredApps,
  ) {}

  @Post()
  @RequireScope('money')
  async create(
    @Body() { app, name, unit = DEFAULT_UNIT, state = 'draft', rules }: NewCampaignRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<CampaignView> {
    const campaign = { app: ownApp(app, this.configured, caller), name, unit, state };
    const id = await this.database.transaction(LIMITS, (tx) =>
      addCampaign(tx, { ...campaign, rules: toRules(rules), actor: caller.name }),
    );
    return findCampaign(this.database, id, caller);
  }

  /** Other rules from now on. */
  @Put(':id')
  @RequireScope('money')
  async save(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { name, rules, version, reason }: RulesRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<CampaignView> {
    return this.change(id, caller, (tx) =>
      saveRules(tx, {
        ...{ campaignId: id, actor: caller.name, reason },
        ...{ name, rules: toRules(rules), seenVersion: version },
      }),
    );
  }

  @Put(':id/state')
  @RequireScope('money')
  async move(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { state, reason }: StateRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<CampaignView> {
    return this.change(id, caller, (tx) =>
      changeState(tx, { campaignId: id, actor: caller.name, reason, state }),
    );
  }

  /** Once it has answered, nobody is paid by this campaign any more, whenever the share came. */
  @Put(':id/kill-switch')
  @RequireScope('operate')
  async kill(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { on, reason }: KillSwitchRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<CampaignView> {
    return this.change(id, caller, (tx) =>
      turnKillSwitch(tx, { campaignId: id, actor: caller.name, reason, on }),
    );
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireScope('money')
  async remove(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { reason }: ReasonedRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    await findCampaign(this.database, id, caller);
    await this.database.transaction(LIMITS, (tx) =>
      deleteCampaign(tx, { campaignId: id, actor: caller.name, reason }),
    );
  }

  /** Changes a campaign that the caller may see, and shows it. */
  private async change(
    id: string,
    caller: Caller,
    work: (tx: Transaction) => Promise<void>,
  ): Promise<CampaignView> {
    await findCampaign(this.database, id, caller);
    await this.database.transaction(LIMITS, work);
    return findCampaign(this.database, id, caller);
  }
}
