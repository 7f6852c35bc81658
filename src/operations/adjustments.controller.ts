import { Body, Controller, Param, Post, Query, Res, UseGuards } from '@nestjs/common';
import { IsIn, IsOptional } from 'class-validator';
import type { ServerResponse } from 'node:http';
import { Database } from '../database/database.js';
import { readClock } from '../database/read-clock.js';
import { adjustPoints } from '../points/adjust-points.js';
import type { Caller } from './caller.js';
import { findUser, UserQuery } from './find-user.js';
import { IdempotencyKey } from './idempotency-key.js';
import { DEFAULT_UNIT, IsAmount, IsUnit } from './is-amount.js';
import { ReasonedRequest } from './reasoned-request.js';
import { IsTime } from './is-time.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { answerMoved, type TransferView } from './transfer-view.js';

class Adjustment extends ReasonedRequest {
  @IsIn(['credit', 'debit'])
  direction!: 'credit' | 'debit';

  @IsAmount()
  amount!: number;

  @IsOptional()
  @IsUnit()
  unit?: string;

  /** Of a credit: until when it can be spent. */
  @IsOptional()
  @IsTime()
  expiresAt?: string;
}

/** Points given or taken by hand. */
@Controller('v1/users/:userId/adjustments')
@UseGuards(ManagementGuard)
@RequireScope('money')
export class AdjustmentsController {
  constructor(private readonly database: Database) {}

  @Post()
  async adjust(
    @Param('userId') userId: string,
    @Query() query: UserQuery,
    @IdempotencyKey() key: string,
    @Body() { unit = DEFAULT_UNIT, expiresAt, ...adjustment }: Adjustment,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<TransferView> {
    const user = await findUser(this.database, userId, query, caller);
    const now = await readClock(this.database);
    const request = {
      ...{ ...user, ...adjustment, unit, key, actor: caller.name, now },
      ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
    };
    return answerMoved(response, await adjustPoints(this.database, request));
  }
}
