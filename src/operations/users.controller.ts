import { Body, Controller, Delete, Get, Param, Query, UseGuards } from '@nestjs/common';
import { IsOptional } from 'class-validator';
import { Database } from '../database/database.js';
import { readClock } from '../database/read-clock.js';
import { eraseUser, type Erased } from '../users/erase-user.js';
import type { Caller } from './caller.js';
import { findUser, UserQuery } from './find-user.js';
import { DEFAULT_UNIT, IsUnit } from './is-amount.js';
import { IsTime } from './is-time.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { ReasonedRequest } from './reasoned-request.js';
import { readBalancesAt, type Balances } from './user-balances.js';
import { readUserView, type UserView } from './user-view.js';

class BalancesQuery extends UserQuery {
  /** Until when entries count; now, by default. */
  @IsOptional()
  @IsTime()
  at?: string;

  @IsOptional()
  @IsUnit()
  unit?: string;
}

/** What a user had at a time. */
export interface BalancesView {
  readonly userId: string;
  readonly app: string;
  readonly at: string;
  readonly unit: string;
  readonly balances: Balances;
}

/** `/v1/users/:userId`: what a support agent looks at. */
@Controller('v1/users/:userId')
@UseGuards(ManagementGuard)
@RequireScope('read')
export class UsersController {
  constructor(private readonly database: Database) {}

  @Get()
  async view(
    @Param('userId') userId: string,
    @Query() query: UserQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<UserView> {
    const user = await findUser(this.database, userId, query, caller);
    return { userId, ...(await readUserView(this.database, user)) };
  }

  /** What the user had: the sum of what was recorded by then. */
  @Get('balances')
  async balances(
    @Param('userId') userId: string,
    @Query() query: BalancesQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<BalancesView> {
    const { userRef, app } = await findUser(this.database, userId, query, caller);
    const { unit = DEFAULT_UNIT } = query;
    const at = query.at === undefined ? await readClock(this.database) : new Date(query.at);
    const balances = await readBalancesAt(this.database, userRef, unit, at);
    return { userId, app, at: at.toISOString(), unit, balances };
  }

  /** Erases the person; the books stay, and lead to nobody. */
  @Delete()
  @RequireScope('operate')
  async erase(
    @Param('userId') userId: string,
    @Query() query: UserQuery,
    @Body() { reason }: ReasonedRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<{ erased: Erased }> {
    const { userRef } = await findUser(this.database, userId, query, caller);
    const erased = await eraseUser(this.database, { userRef, actor: caller.name, reason });
    return { erased };
  }
}
