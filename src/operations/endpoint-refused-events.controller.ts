import {
  Body,
  Controller,
  Get,
  HttpCode,
  Param,
  ParseUUIDPipe,
  Post,
  Query,
  UseGuards,
} from '@nestjs/common';
import { Database } from '../database/database.js';
import { discardEvents } from '../endpoints/discard-events.js';
import { destinationOf } from '../endpoints/endpoint.js';
import type { Caller } from './caller.js';
import { findEndpoint } from './event-endpoint-view.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { PageQuery, type Page } from './page.js';
import {
  MAX_REFUSED_AT_ONCE,
  RefusedRequest,
  showRefused,
  type RefusedEventView,
} from './refused-events.js';

const LIMITS = { statementTimeoutMs: 10_000 };

/** `/v1/event-endpoints/:id/refused-events`: what an endpoint would not take. Replaying sends it again. */
@Controller('v1/event-endpoints/:id/refused-events')
@UseGuards(ManagementGuard)
export class EndpointRefusedEventsController {
  constructor(private readonly database: Database) {}

  /** Newest first. */
  @Get()
  @RequireScope('read')
  async list(
    @Param('id', ParseUUIDPipe) id: string,
    @Query() page: PageQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<RefusedEventView>> {
    const endpoint = await findEndpoint(this.database, id, caller);
    return showRefused(this.database, destinationOf(endpoint.id), page);
  }

  /** Gives refused events up: they hold back nothing any more. */
  @Post('discard')
  @HttpCode(200)
  @RequireScope('operate')
  async discard(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { eventIds, reason }: RefusedRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<{ discarded: number }> {
    await findEndpoint(this.database, id, caller);
    const change = { endpointId: id, actor: caller.name, reason };
    const discarded = await this.database.transaction(LIMITS, (tx) =>
      discardEvents(tx, change, eventIds, MAX_REFUSED_AT_ONCE),
    );
    return { discarded };
  }
}
