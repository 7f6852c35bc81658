import {
  Body,
  Controller,
  Param,
  ParseUUIDPipe,
  Post,
  Query,
  Res,
  UseGuards,
} from '@nestjs/common';
import { IsOptional } from 'class-validator';
import type { ServerResponse } from 'node:http';
import { Database } from '../database/database.js';
import { readClock } from '../database/read-clock.js';
import { redeemPoints } from '../points/redeem-points.js';
import { reverseRedemption } from '../points/reverse-redemption.js';
import type { Caller } from './caller.js';
import { findUser, UserQuery } from './find-user.js';
import { IdempotencyKey, OptionalIdempotencyKey } from './idempotency-key.js';
import { DEFAULT_UNIT, IsAmount, IsUnit } from './is-amount.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { ReasonedRequest } from './reasoned-request.js';
import { answerMoved, type TransferView } from './transfer-view.js';

class Redemption {
  @IsAmount()
  amount!: number;

  @IsOptional()
  @IsUnit()
  unit?: string;
}

/** Users spend points, and get back what they spent. */
@Controller('v1')
@UseGuards(ManagementGuard)
@RequireScope('money')
export class RedemptionsController {
  constructor(private readonly database: Database) {}

  /** Spends points. The same key and content is the same redemption, however often it is sent. */
  @Post('users/:userId/redemptions')
  async redeem(
    @Param('userId') userId: string,
    @Query() query: UserQuery,
    @IdempotencyKey() key: string,
    @Body() { amount, unit = DEFAULT_UNIT }: Redemption,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<TransferView> {
    const user = await findUser(this.database, userId, query, caller);
    const now = await readClock(this.database);
    const request = { ...user, unit, amount, key, actor: caller.name, now };
    return answerMoved(response, await redeemPoints(this.database, request));
  }

  /** Gives back what a redemption took, once and whole. */
  @Post('redemptions/:id/reversal')
  async reverse(
    @Param('id', ParseUUIDPipe) redemptionId: string,
    @OptionalIdempotencyKey() key: string | undefined,
    @Body() { reason }: ReasonedRequest,
    @CurrentCaller() { name: actor, apps }: Caller,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<TransferView> {
    const now = await readClock(this.database);
    const request = { redemptionId, apps, key, actor, reason, now };
    return answerMoved(response, await reverseRedemption(this.database, request));
  }
}
