import {
  BadRequestException,
  Controller,
  ForbiddenException,
  Get,
  Query,
  StreamableFile,
  UseGuards,
} from '@nestjs/common';
import { IsOptional } from 'class-validator';
import { Database } from '../database/database.js';
import { verifyLedger } from '../ledger/verification.js';
import type { Caller } from './caller.js';
import { findUser, UserQuery } from './find-user.js';
import { IsText } from './is-text.js';
import { IsTime } from './is-time.js';
import { openLedgerCsv } from './ledger-csv.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { visibleApps } from './page.js';

/** A year of books in one file; what is longer comes in several. */
const MAX_RANGE_DAYS = 366;
const DAY_MS = 24 * 60 * 60 * 1_000;

class EntriesQuery extends UserQuery {
  /** Recorded from then on … */
  @IsTime()
  from!: string;

  /** … and before then. */
  @IsTime()
  to!: string;

  @IsOptional()
  @IsText(256)
  userId?: string;
}

/** `/v1/ledger`: the books. */
@Controller('v1/ledger')
@UseGuards(ManagementGuard)
@RequireScope('read')
export class LedgerController {
  #running: ReturnType<typeof verifyLedger> | undefined;

  constructor(private readonly database: Database) {}

  /** Verifies the books of all apps from scratch; reads everything, so not for every minute. */
  @Get('verification')
  async verification(@CurrentCaller() caller: Caller): ReturnType<typeof verifyLedger> {
    if (caller.apps !== undefined) throw new ForbiddenException('verification looks at all apps');
    // It reads all there is: who asks meanwhile gets the answer of the one that runs, and the door keeps its connections.
    this.#running ??= verifyLedger(this.database).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** The entries of a range, for bookkeeping. A connection that breaks off in the middle says that the file is not whole. */
  @Get('entries.csv')
  async entries(
    @Query() query: EntriesQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<StreamableFile> {
    const from = new Date(query.from);
    const to = new Date(query.to);
    const days = (to.getTime() - from.getTime()) / DAY_MS;
    if (days <= 0) throw new BadRequestException(['to: must be after from']);
    if (days > MAX_RANGE_DAYS)
      throw new BadRequestException([`to: must be within ${MAX_RANGE_DAYS} days of from`]);
    const user =
      query.userId === undefined
        ? undefined
        : await findUser(this.database, query.userId, query, caller);
    const apps = visibleApps(query.app, caller.apps);
    const range = { from, to, apps, userRef: user?.userRef };
    return new StreamableFile(await openLedgerCsv(this.database, range), {
      type: 'text/csv; charset=utf-8; header=present',
      disposition: 'attachment; filename="ledger-entries.csv"',
    });
  }
}
