import { Controller, ForbiddenException, Get, UseGuards } from '@nestjs/common';
import { Database } from '../database/database.js';
import { verifyLedger } from '../ledger/verification.js';
import type { Caller } from './caller.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';

/** `/v1/ledger`: the books. */
@Controller('v1/ledger')
@UseGuards(ManagementGuard)
@RequireScope('read')
export class LedgerController {
  constructor(private readonly database: Database) {}

  /** Verifies the books of all apps from scratch; reads everything, so not for every minute. */
  @Get('verification')
  async verification(@CurrentCaller() caller: Caller): ReturnType<typeof verifyLedger> {
    if (caller.apps !== undefined) throw new ForbiddenException('verification looks at all apps');
    return verifyLedger(this.database);
  }
}
