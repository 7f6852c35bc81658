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
}
