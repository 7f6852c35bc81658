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
import { VERDICTS } from '../settlement/outcome.js';
import { replayDelivery } from '../settlement/replay-delivery.js';
import { SettlementQueue } from '../queue/settlement-queue.js';
import type { Caller } from './caller.js';
import {
  OF_USER,
  SELECT_DELIVERY,
  showDelivery,
  type DeliveryRow,
  type DeliveryView,
} from './delivery-view.js';
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
        ? {
            sql: 'd.id IN (SELECT delivery_id FROM kakao_share.open_deliveries) AND ?',
            value: true,
          }
        : { sql: 'c.verdict = ?', value: query.verdict },
      { sql: 'd.id < ?', value: query.cursor },
    ].filter(({ value }) => value !== undefined);
    const where = conditions
      .map(({ sql }, index) => sql.replaceAll('?', `$${index + 1}`))
      .join(' AND ');
    const rows = await this.database.query<DeliveryRow>(
      `${SELECT_DELIVERY} ${where === '' ? '' : `WHERE ${where}`} ORDER BY d.id DESC LIMIT ${query.limit + 1}`,
      conditions.map(({ value }) => value),
    );
    return toPage(rows, query.limit, showDelivery);
  }

  @Get(':id')
  @RequireScope('read')
  async view(
    @Param('id', ParseUUIDPipe) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<DeliveryView> {
    return showDelivery(await this.find(id, caller));
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
    return showDelivery(await this.find(id, caller));
  }

  private async find(id: string, caller: Caller): Promise<DeliveryRow> {
    const [row] = await this.database.query<DeliveryRow>(`${SELECT_DELIVERY} WHERE d.id = $1`, [
      id,
    ]);
    if (row === undefined || caller.apps?.includes(row.app) === false)
      throw new NotFoundException('no such delivery');
    return row;
  }
}
