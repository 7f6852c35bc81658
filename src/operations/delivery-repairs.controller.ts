import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
  UseGuards,
} from '@nestjs/common';
import { Database } from '../database/database.js';
import { listCorrections } from '../deliveries/correction.js';
import { SettlementQueue } from '../queue/settlement-queue.js';
import { mendDelivery } from '../settlement/mend-delivery.js';
import { replayDelivery } from '../settlement/replay-delivery.js';
import type { Caller } from './caller.js';
import { CONFIGURED_APPS, ownApp, type ConfiguredApps } from './configured-apps.js';
import { showCorrection, type CorrectionView } from './correction-view.js';
import { CorrectionRequest } from './delivery-requests.dto.js';
import { showDelivery, type DeliveryView } from './delivery-view.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { ownDelivery } from './own-delivery.js';
import type { Page } from './page.js';
import { ReasonedRequest } from './reasoned-request.js';
import { readReceivedView, type ReceivedView } from './received-view.js';

/** `/v1/deliveries/:id/…`: what was received, putting it right, deciding it again. */
@Controller('v1/deliveries/:id')
@UseGuards(ManagementGuard)
@RequireScope('operate')
export class DeliveryRepairsController {
  constructor(
    private readonly database: Database,
    private readonly queue: SettlementQueue,
    @Inject(CONFIGURED_APPS) private readonly configured: ConfiguredApps,
  ) {}

  @Get('received')
  async received(
    @Param('id', ParseUUIDPipe) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<ReceivedView> {
    await ownDelivery(this.database, id, caller);
    const received = await readReceivedView(this.database, id);
    if (received === undefined) throw new NotFoundException('no such delivery');
    return received;
  }

  /** Oldest first; the last one counts. */
  @Get('corrections')
  async corrections(
    @Param('id', ParseUUIDPipe) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<CorrectionView>> {
    await ownDelivery(this.database, id, caller);
    const corrections = await listCorrections(this.database, id);
    return { items: corrections.map(showCorrection), nextCursor: null };
  }

  /** Says how it is to be read; it takes a replay to decide it so. */
  @Post('corrections')
  async mend(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { app, resourceId, fields = {}, note }: CorrectionRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<DeliveryView> {
    await ownDelivery(this.database, id, caller);
    await mendDelivery(this.database, {
      ...{ deliveryId: id, actor: caller.name, actorApps: caller.apps, note, resourceId, fields },
      app: app === undefined ? undefined : ownApp(app, this.configured, caller),
    });
    return showDelivery(await ownDelivery(this.database, id, caller));
  }

  /** Decides it once more. What has paid is never decided again. */
  @Post('replay')
  @HttpCode(202)
  async replay(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { reason }: ReasonedRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<DeliveryView> {
    await ownDelivery(this.database, id, caller);
    await replayDelivery(this.database, this.queue, { deliveryId: id, actor: caller.name, reason });
    return showDelivery(await ownDelivery(this.database, id, caller));
  }
}
