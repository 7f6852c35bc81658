import {
  BadRequestException,
  Controller,
  Get,
  NotFoundException,
  Param,
  Query,
  UseGuards,
} from '@nestjs/common';
import { IsOptional } from 'class-validator';
import { toInteger } from '../database/amount.js';
import { Database } from '../database/database.js';
import type { Caller } from './caller.js';
import { IsText } from './is-text.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { visibleApps } from './page.js';

class UserQuery {
  /** Needed where the same user id stands in several apps. */
  @IsOptional()
  @IsText(64)
  app?: string;
}

/** A user's points and what they came from. */
export interface UserView {
  readonly userId: string;
  readonly app: string;
  /** In points. */
  readonly balances: { readonly available: number; readonly pending: number };
  /** The newest, at most 50. */
  readonly entries: readonly EntryView[];
  /** The newest, at most 50. */
  readonly shares: readonly ShareView[];
}

interface EntryView {
  readonly id: string;
  readonly amount: number;
  readonly balanceAfter: number;
  readonly unit: string;
  readonly kind: string;
  readonly occurredAt: string;
}

interface ShareView {
  readonly deliveryId: string;
  readonly chatType: string;
  readonly receivedAt: string;
  readonly verdict: string;
  readonly reasons: readonly string[];
}

const SHOWN = 50;
const UNIT = 'point';

/** `/v1/users/:userId`: what a support agent looks at. */
@Controller('v1/users')
@UseGuards(ManagementGuard)
@RequireScope('read')
export class UsersController {
  constructor(private readonly database: Database) {}

  @Get(':userId')
  async view(
    @Param('userId') userId: string,
    @Query() query: UserQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<UserView> {
    if (userId.includes('\0')) throw new NotFoundException('no such user');
    const users = await this.database.query<{ id: string; app: string }>(
      'SELECT id, app FROM kakao_share.users WHERE user_id = $1 AND ($2::text[] IS NULL OR app = ANY($2)) ORDER BY app LIMIT 2',
      [userId, visibleApps(query.app, caller.apps) ?? null],
    );
    const [user] = users;
    if (user === undefined) throw new NotFoundException('no such user');
    if (users.length > 1)
      throw new BadRequestException('app: several apps have this user, name one with ?app=');
    const [balances, entries, shares] = await Promise.all([
      this.readBalances(user.id),
      this.readEntries(user.id),
      this.readShares(user.id),
    ]);
    return { userId, app: user.app, balances, entries, shares };
  }

  private async readBalances(userRef: string): Promise<UserView['balances']> {
    const rows = await this.database.query<{ kind: string; balance: string }>(
      'SELECT kind, balance FROM kakao_share.accounts WHERE user_ref = $1 AND unit = $2',
      [userRef, UNIT],
    );
    const balanceOf = (kind: string): number =>
      toInteger(rows.find((row) => row.kind === kind)?.balance ?? '0');
    return { available: balanceOf('user_available'), pending: balanceOf('user_pending') };
  }

  private async readEntries(userRef: string): Promise<EntryView[]> {
    const rows = await this.database.query<{
      id: string;
      amount: string;
      balance_after: string;
      unit: string;
      kind: string;
      occurred_at: Date;
    }>(
      `SELECT e.id, e.amount, e.balance_after, t.unit, t.kind, t.occurred_at
       FROM kakao_share.entries e
       JOIN kakao_share.accounts a ON a.id = e.account_id
       JOIN kakao_share.transfers t ON t.id = e.transfer_id
       WHERE a.user_ref = $1 ORDER BY e.id DESC LIMIT ${SHOWN}`,
      [userRef],
    );
    return rows.map(({ id, amount, balance_after, unit, kind, occurred_at }) => ({
      id,
      amount: toInteger(amount),
      balanceAfter: toInteger(balance_after),
      unit,
      kind,
      occurredAt: occurred_at.toISOString(),
    }));
  }

  private async readShares(userRef: string): Promise<ShareView[]> {
    const rows = await this.database.query<{
      id: string;
      chat_type: string;
      received_at: Date;
      verdict: string | null;
      reasons: string[] | null;
    }>(
      `SELECT s.id, s.chat_type, s.received_at, c.verdict, c.reasons
       FROM kakao_share.shares s
       LEFT JOIN kakao_share.decisions c ON c.delivery_id = s.id AND c.superseded_at IS NULL
       WHERE s.user_ref = $1 ORDER BY s.id DESC LIMIT ${SHOWN}`,
      [userRef],
    );
    return rows.map(({ id, chat_type, received_at, verdict, reasons }) => ({
      deliveryId: id,
      chatType: chat_type,
      receivedAt: received_at.toISOString(),
      verdict: verdict ?? 'pending',
      reasons: reasons ?? [],
    }));
  }
}
