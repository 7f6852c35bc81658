import { Body, Controller, HttpCode, Param, ParseUUIDPipe, Post, UseGuards } from '@nestjs/common';
import { CampaignRefusedError } from '../campaigns/campaign-errors.js';
import { findRuleFaults } from '../campaigns/rule-faults.js';
import { Database } from '../database/database.js';
import { simulateCampaign, type Trial } from '../settlement/simulate-campaign.js';
import { SimulationBusyError } from '../settlement/simulation-errors.js';
import type { Simulation } from '../settlement/simulation-report.js';
import type { Caller } from './caller.js';
import { SimulationRequest } from './campaign-requests.dto.js';
import { findCampaign } from './campaign-view.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { toRules } from './rules.dto.js';

/** `/v1/campaigns/:id/simulate`: what other rules would have done with shares of the past. Pays nothing, saves nothing. */
@Controller('v1/campaigns/:id/simulate')
@UseGuards(ManagementGuard)
@RequireScope('read')
export class SimulationController {
  #isRunning = false;

  constructor(private readonly database: Database) {}

  @Post()
  @HttpCode(200)
  async simulate(
    @Param('id', ParseUUIDPipe) campaignId: string,
    @Body() { rules: given, ...period }: SimulationRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<Simulation> {
    const { app, unit, version } = await findCampaign(this.database, campaignId, caller);
    const rules = toRules(given);
    const from = new Date(period.from);
    const to = new Date(period.to);
    const faults = findRuleFaults(rules, 'live');
    if (from >= to) faults.push('to: must be after from');
    if (faults.length > 0) throw new CampaignRefusedError(faults);
    const campaign = { campaignId, app, unit, version: version + 1, effectiveFrom: new Date(0) };
    return this.alone({ changed: { ...campaign, state: 'live', rules }, from, to });
  }

  private async alone(trial: Trial): Promise<Simulation> {
    if (this.#isRunning) throw new SimulationBusyError();
    this.#isRunning = true;
    try {
      return await simulateCampaign(this.database, trial);
    } finally {
      this.#isRunning = false;
    }
  }
}
