import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import { IsIn, IsOptional } from 'class-validator';
import { Database } from '../database/database.js';
import {
  DOMAIN_EVENT_TYPES,
  toShareEvent,
  type EventRow,
  type ShareEvent,
} from '../events/domain-event.js';
import type { Caller } from './caller.js';
import { IsText } from './is-text.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { PageQuery, toPage, visibleApps, type Page } from './page.js';

class EventsQuery extends PageQuery {
  @IsOptional()
  @IsText(64)
  app?: string;

  @IsOptional()
  @IsText(256)
  userId?: string;

  @IsOptional()
  @IsIn(DOMAIN_EVENT_TYPES)
  type?: string;
}

/** An event, and which destinations have not taken it yet. */
export interface EventView {
  readonly event: ShareEvent;
  readonly waitingFor: readonly string[];
}

/** `/v1/events`: what others are told. */
@Controller('v1/events')
@UseGuards(ManagementGuard)
@RequireScope('read')
export class EventsController {
  constructor(private readonly database: Database) {}

  @Get()
  async list(
    @Query() query: EventsQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<EventView>> {
    const rows = await this.database.query<EventRow & { waiting_for: string[] | null }>(
      `SELECT e.id, e.app, e.type, e.version, e.sequence, e.data, e.occurred_at, u.user_id,
              (SELECT array_agg(o.destination ORDER BY o.destination) FROM kakao_share.outbox o WHERE o.event_id = e.id) AS waiting_for
       FROM kakao_share.events e LEFT JOIN kakao_share.users u ON u.id = e.user_ref
       WHERE ($1::text[] IS NULL OR e.app = ANY($1))
         AND ($2::text IS NULL OR e.type = $2)
         AND ($3::text IS NULL OR e.user_ref IN (SELECT id FROM kakao_share.users WHERE user_id = $3))
         AND ($4::uuid IS NULL OR e.id < $4)
       ORDER BY e.id DESC LIMIT $5`,
      [
        visibleApps(query.app, caller.apps) ?? null,
        query.type ?? null,
        query.userId ?? null,
        query.cursor ?? null,
        query.limit + 1,
      ],
    );
    return toPage(rows, query.limit, (row) => ({
      event: toShareEvent(row),
      waitingFor: row.waiting_for ?? [],
    }));
  }
}
