import {
  BadRequestException,
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
import type { Outcome } from '../endpoints/judge-answer.js';
import { replayEvents, type ReplayOrder } from '../endpoints/replay-events.js';
import type { Caller } from './caller.js';
import { EndpointDeliveriesQuery, ReplayEventsRequest } from './event-endpoint-requests.dto.js';
import { findEndpoint } from './event-endpoint-view.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { toPage, type Page } from './page.js';

/** Longer than a call of 10,000 events takes on a busy database. */
const LIMITS = { statementTimeoutMs: 15_000 };

/** One attempt to deliver an event to an endpoint. */
export interface EndpointDeliveryView {
  readonly id: string;
  readonly eventId: string;
  readonly attemptedAt: string;
  readonly durationMs: number;
  /** Null: there was no answer. */
  readonly statusCode: number | null;
  readonly outcome: Outcome;
  /** Why it was not delivered, in our words. */
  readonly error: string | null;
}

interface DeliveryRow {
  id: string;
  event_id: string;
  attempted_at: Date;
  duration_ms: number;
  status_code: number | null;
  outcome: Outcome;
  error: string | null;
}

/** `/v1/event-endpoints/:id/…`: what was sent to an endpoint, and sending it again. */
@Controller('v1/event-endpoints/:id')
@UseGuards(ManagementGuard)
export class EndpointDeliveriesController {
  constructor(private readonly database: Database) {}

  /** The attempts of the last 30 days, newest first. */
  @Get('deliveries')
  @RequireScope('read')
  async list(
    @Param('id', ParseUUIDPipe) id: string,
    @Query() { eventId, outcome, limit, cursor }: EndpointDeliveriesQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<EndpointDeliveryView>> {
    await findEndpoint(this.database, id, caller);
    // Said apart, so that the few failures are found by the index that holds them alone.
    const ofOutcome =
      outcome === undefined || outcome === 'delivered' ? '' : `AND outcome <> 'delivered'`;
    const rows = await this.database.query<DeliveryRow>(
      `SELECT id, event_id, attempted_at, duration_ms, status_code, outcome, error
       FROM kakao_share.event_endpoint_deliveries
       WHERE endpoint_id = $1 AND ($2::uuid IS NULL OR event_id = $2)
         AND ($3::text IS NULL OR outcome = $3) ${ofOutcome} AND ($4::uuid IS NULL OR id < $4)
       ORDER BY id DESC LIMIT $5`,
      [id, eventId ?? null, outcome ?? null, cursor ?? null, limit + 1],
    );
    return toPage(rows, limit, showAttempt);
  }

  /**
   * Sends past events of its app again, at most 10,000 in a call. They come after what waits now and beside what happens
   * meanwhile: out of their users' order with those, of which `sequence` tells.
   */
  @Post('replay')
  @HttpCode(202)
  @RequireScope('operate')
  async replay(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() request: ReplayEventsRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<{ readonly replayed: number; readonly nextCursor: string | null }> {
    const order = toOrder(request);
    await findEndpoint(this.database, id, caller);
    const change = { endpointId: id, actor: caller.name, reason: request.reason };
    const { replayed, next } = await this.database.transaction(LIMITS, (tx) =>
      replayEvents(tx, change, order),
    );
    return { replayed, nextCursor: next };
  }
}

function toOrder({ from, to, types, cursor, eventIds }: ReplayEventsRequest): ReplayOrder {
  const period = [from, to, types, cursor];
  if (eventIds !== undefined) {
    if (period.some((field) => field !== undefined))
      throw new BadRequestException(['eventIds: stands alone, without from, to, types and cursor']);
    return { eventIds };
  }
  if (from === undefined || to === undefined)
    throw new BadRequestException(['from: is needed with to, or else eventIds']);
  if (new Date(from) >= new Date(to)) throw new BadRequestException(['to: must be after from']);
  return { from: new Date(from), to: new Date(to), types, after: cursor };
}

function showAttempt(row: DeliveryRow): EndpointDeliveryView {
  return {
    id: row.id,
    eventId: row.event_id,
    attemptedAt: row.attempted_at.toISOString(),
    durationMs: row.duration_ms,
    statusCode: row.status_code,
    outcome: row.outcome,
    error: row.error,
  };
}
