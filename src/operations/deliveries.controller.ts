import {
  Body,
  Controller,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
  Query,
  UseGuards,
} from '@nestjs/common';
import { IsIn, IsOptional } from 'class-validator';
import { Database } from '../database/database.js';
import { toInteger } from '../database/amount.js';
import { VERDICTS } from '../settlement/outcome.js';
import { replayDelivery } from '../settlement/replay-delivery.js';
import { SettlementQueue } from '../queue/settlement-queue.js';
import type { Caller } from './caller.js';
import { IsText } from './is-text.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { PageQuery, toPage, visibleApps, type Page } from './page.js';

class DeliveriesQuery extends PageQuery {
  @IsOptional()
  @IsText(512)
  resourceId?: string;

  @IsOptional()
  @IsText(64)
  app?: string;

  @IsOptional()
  @IsIn(['pending', ...VERDICTS])
  verdict?: string;

  @IsOptional()
  @IsText(256)
  userId?: string;
}

class ReplayRequest {
  /** Why, for the audit. */
  @IsText(500)
  reason!: string;
}

/** A delivery as people read it. */
export interface DeliveryView {
  readonly id: string;
  readonly resourceId: string | null;
  readonly app: string;
  readonly source: string;
  readonly receivedAt: string;
  readonly settledAt: string | null;
  /** `pending` until it is settled. */
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly userId: string | null;
  readonly campaignId: string | null;
  readonly amount: number | null;
  readonly unit: string | null;
  /** How often settling it was begun; counts while it is pending. */
  readonly attempts: number | null;
  readonly lastError: string | null;
  readonly keyFingerprint: string;
}

interface DeliveryRow {
  id: string;
  resource_id: string | null;
  app: string;
  source: string;
  received_at: Date;
  key_fingerprint: string;
  verdict: string | null;
  reasons: string[] | null;
  decided_at: Date | null;
  user_id: string | null;
  campaign_id: string | null;
  amount: string | null;
  unit: string | null;
  attempts: number | null;
  last_error: string | null;
}

const SELECT = `
  SELECT d.id, d.resource_id, d.app, d.source, d.received_at, d.key_fingerprint, d.user_id,
         c.verdict, c.reasons, c.decided_at, c.campaign_id, c.amount, c.unit, o.attempts, o.last_error
  FROM kakao_share.deliveries d
  LEFT JOIN kakao_share.decisions c ON c.delivery_id = d.id AND c.superseded_at IS NULL
  LEFT JOIN kakao_share.open_deliveries o ON o.delivery_id = d.id`;

// A share is found by its user; what is no share, because it waits or failed, by whom it names.
const OF_USER = `
  d.id IN (
    SELECT s.id FROM kakao_share.shares s JOIN kakao_share.users u ON u.id = s.user_ref WHERE u.user_id = ?
    UNION ALL
    SELECT w.delivery_id FROM kakao_share.open_deliveries w JOIN kakao_share.deliveries n ON n.id = w.delivery_id
    WHERE n.user_id = ?
    UNION ALL
    SELECT f.delivery_id FROM kakao_share.decisions f JOIN kakao_share.deliveries n ON n.id = f.delivery_id
    WHERE f.verdict = 'failed' AND f.superseded_at IS NULL AND n.user_id = ?
  )`;

/** `/v1/deliveries`: what was taken in, and how it ended. */
@Controller('v1/deliveries')
@UseGuards(ManagementGuard)
export class DeliveriesController {
  constructor(
    private readonly database: Database,
    private readonly queue: SettlementQueue,
  ) {}

  @Get()
  @RequireScope('read')
  async list(
    @Query() query: DeliveriesQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<DeliveryView>> {
    const conditions = [
      { sql: 'd.app = ANY(?)', value: visibleApps(query.app, caller.apps) },
      {
        sql: 'd.id IN (SELECT delivery_id FROM kakao_share.delivery_keys WHERE resource_id = ?)',
        value: query.resourceId,
      },
      { sql: OF_USER, value: query.userId },
      query.verdict === 'pending'
        ? { sql: 'c.verdict IS NULL AND ?', value: true }
        : { sql: 'c.verdict = ?', value: query.verdict },
      { sql: 'd.id < ?', value: query.cursor },
    ].filter(({ value }) => value !== undefined);
    const where = conditions
      .map(({ sql }, index) => sql.replaceAll('?', `$${index + 1}`))
      .join(' AND ');
    const rows = await this.database.query<DeliveryRow>(
      `${SELECT} ${where === '' ? '' : `WHERE ${where}`} ORDER BY d.id DESC LIMIT ${query.limit + 1}`,
      conditions.map(({ value }) => value),
    );
    return toPage(rows, query.limit, show);
  }

  @Get(':id')
  @RequireScope('read')
  async view(
    @Param('id', ParseUUIDPipe) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<DeliveryView> {
    return show(await this.find(id, caller));
  }

  /** Settles a failed delivery once more. What has paid is never decided again. */
  @Post(':id/replay')
  @HttpCode(202)
  @RequireScope('operate')
  async replay(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { reason }: ReplayRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<DeliveryView> {
    await this.find(id, caller);
    await replayDelivery(this.database, this.queue, { deliveryId: id, actor: caller.name, reason });
    return show(await this.find(id, caller));
  }

  private async find(id: string, caller: Caller): Promise<DeliveryRow> {
    const [row] = await this.database.query<DeliveryRow>(`${SELECT} WHERE d.id = $1`, [id]);
    if (row === undefined || caller.apps?.includes(row.app) === false)
      throw new NotFoundException('no such delivery');
    return row;
  }
}

function show(row: DeliveryRow): DeliveryView {
  return {
    id: row.id,
    resourceId: row.resource_id,
    app: row.app,
    source: row.source,
    receivedAt: row.received_at.toISOString(),
    settledAt: row.decided_at?.toISOString() ?? null,
    verdict: row.verdict ?? 'pending',
    reasons: row.reasons ?? [],
    userId: row.user_id,
    campaignId: row.campaign_id,
    amount: row.amount === null ? null : toInteger(row.amount),
    unit: row.unit,
    attempts: row.attempts,
    lastError: row.last_error,
    keyFingerprint: row.key_fingerprint,
  };
}
