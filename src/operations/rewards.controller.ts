import { Body, Controller, Param, ParseUUIDPipe, Post, Res, UseGuards } from '@nestjs/common';
import { IsIn, IsOptional } from 'class-validator';
import type { ServerResponse } from 'node:http';
import { Database } from '../database/database.js';
import { readClock } from '../database/read-clock.js';
import { clawbackReward, SHORTFALLS, type Shortfall } from '../points/clawback-reward.js';
import type { RewardRequest } from '../points/end-hold.js';
import { releaseReward } from '../points/release-reward.js';
import { voidReward } from '../points/void-reward.js';
import type { Caller } from './caller.js';
import { OptionalIdempotencyKey } from './idempotency-key.js';
import { IsAmount } from './is-amount.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { ReasonedRequest } from './reasoned-request.js';
import { answerMoved, answerRepeated, showTransfer, type TransferView } from './transfer-view.js';

class ClawbackOrder extends ReasonedRequest {
  /** How much of the reward; all of it by default. */
  @IsOptional()
  @IsAmount()
  amount?: number;

  /** What happens where the user has too few points. */
  @IsOptional()
  @IsIn(SHORTFALLS)
  shortfall: Shortfall = 'refuse';
}

/** How a clawback stands. */
export interface ClawbackView {
  readonly amount: number;
  readonly taken: number;
  /** What is taken from what comes in later. */
  readonly outstanding: number;
  /** Null while there was nothing to take. */
  readonly transfer: TransferView | null;
}

/** `/v1/rewards/:deliveryId`: what a delivery was paid, to be released, voided or taken back. */
@Controller('v1/rewards/:deliveryId')
@UseGuards(ManagementGuard)
@RequireScope('money')
export class RewardsController {
  constructor(private readonly database: Database) {}

  @Post('release')
  async release(
    @Param('deliveryId', ParseUUIDPipe) deliveryId: string,
    @OptionalIdempotencyKey() key: string | undefined,
    @Body() { reason }: ReasonedRequest,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<TransferView> {
    const request = await this.requestOf(deliveryId, reason, caller);
    return answerMoved(response, await releaseReward(this.database, { ...request, key }));
  }

  @Post('void')
  async void(
    @Param('deliveryId', ParseUUIDPipe) deliveryId: string,
    @OptionalIdempotencyKey() key: string | undefined,
    @Body() { reason }: ReasonedRequest,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<TransferView> {
    const request = await this.requestOf(deliveryId, reason, caller);
    return answerMoved(response, await voidReward(this.database, { ...request, key }));
  }

  @Post('clawback')
  async clawback(
    @Param('deliveryId', ParseUUIDPipe) deliveryId: string,
    @Body() { reason, amount, shortfall }: ClawbackOrder,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<ClawbackView> {
    const done = await clawbackReward(this.database, {
      ...(await this.requestOf(deliveryId, reason, caller)),
      ...(amount === undefined ? {} : { amount }),
      shortfall,
    });
    answerRepeated(response, done.repeated);
    return {
      amount: done.amount,
      taken: done.taken,
      outstanding: done.amount - done.taken,
      transfer: done.transfer === null ? null : showTransfer(done.transfer),
    };
  }

  private async requestOf(
    deliveryId: string,
    reason: string,
    { name: actor, apps }: Caller,
  ): Promise<RewardRequest> {
    return { deliveryId, apps, actor, reason, now: await readClock(this.database) };
  }
}
