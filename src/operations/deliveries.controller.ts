import { Controller, Get, Param, ParseUUIDPipe, Query, UseGuards } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Caller } from './caller.js';
import { listDecisions, type DecisionView } from './decision-view.js';
import { DeliveriesQuery } from './delivery-requests.dto.js';
import { showDelivery, type DeliveryView } from './delivery-view.js';
import { findDeliveries } from './find-deliveries.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { ownDelivery } from './own-delivery.js';
import { toPage, visibleApps, type Page } from './page.js';

/** `/v1/deliveries`: what was taken in, and how it ended. */
@Controller('v1/deliveries')
@UseGuards(ManagementGuard)
@RequireScope('read')
export class DeliveriesController {
  constructor(private readonly database: Database) {}

  @Get()
  async list(
    @Query() { app, receivedFrom, receivedTo, limit, ...filter }: DeliveriesQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<DeliveryView>> {
    const period = { from: momentOf(receivedFrom), to: momentOf(receivedTo) };
    const rows = await findDeliveries(
      this.database,
      { ...filter, ...period, apps: visibleApps(app, caller.apps) },
      limit + 1,
    );
    return toPage(rows, limit, showDelivery);
  }

  @Get(':id')
  async view(
    @Param('id', ParseUUIDPipe) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<DeliveryView> {
    return showDelivery(await ownDelivery(this.database, id, caller));
  }

  /** How it was decided each time, oldest first. */
  @Get(':id/decisions')
  async decisions(
    @Param('id', ParseUUIDPipe) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<DecisionView>> {
    await ownDelivery(this.database, id, caller);
    return { items: await listDecisions(this.database, id), nextCursor: null };
  }
}

function momentOf(time: string | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time);
}
