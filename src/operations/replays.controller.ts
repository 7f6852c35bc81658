import {
  BadRequestException,
  Body,
  Controller,
  HttpStatus,
  Inject,
  Post,
  Res,
  UseGuards,
} from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { Database } from '../database/database.js';
import { IntentSigningKeys } from '../intents/signing-keys.js';
import { SettlementQueue } from '../queue/settlement-queue.js';
import { dryRunReplay } from '../settlement/dry-run-replay.js';
import { MAX_REPLAYED, type ReplaySelection } from '../settlement/find-replayable.js';
import { replayDeliveries } from '../settlement/replay-deliveries.js';
import { ReplayBusyError } from '../settlement/replay-errors.js';
import type { DryRun } from '../settlement/replay-report.js';
import type { AnsweredRun } from '../settlement/replay-store.js';
import type { Caller } from './caller.js';
import { ReplayManyRequest } from './delivery-requests.dto.js';
import { OptionalIdempotencyKey } from './idempotency-key.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { visibleApps } from './page.js';

/** What tells our intents in a dry run; undefined: no token is ours. */
export const DRY_RUN_KEYS = Symbol('keys of intents for dry runs');

/** `/v1/replays`: decides many deliveries once more, or tells what would come of it. */
@Controller('v1/replays')
@UseGuards(ManagementGuard)
@RequireScope('operate')
export class ReplaysController {
  #isTryingOut = false;

  constructor(
    private readonly database: Database,
    private readonly queue: SettlementQueue,
    @Inject(DRY_RUN_KEYS) private readonly keys: IntentSigningKeys | undefined,
  ) {}

  @Post()
  async replay(
    @Body() { dryRun, reason, ...request }: ReplayManyRequest,
    @OptionalIdempotencyKey() key: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<DryRun | AnsweredRun> {
    const selection = toSelection(request, caller);
    response.statusCode = HttpStatus.OK;
    if (dryRun) return this.tryOut(selection);
    if (key === undefined)
      throw new BadRequestException(['Idempotency-Key: this header is needed, but for a dry run']);
    const { name: actor } = caller;
    const order = { actor, reason, key };
    const run = await replayDeliveries(this.database, this.queue, selection, order);
    if (!run.repeated) response.statusCode = HttpStatus.ACCEPTED;
    return run;
  }

  private async tryOut(selection: ReplaySelection): Promise<DryRun> {
    if (this.#isTryingOut) throw new ReplayBusyError();
    this.#isTryingOut = true;
    try {
      return await dryRunReplay(this.database, selection, this.keys);
    } finally {
      this.#isTryingOut = false;
    }
  }
}

function toSelection(
  request: Omit<ReplayManyRequest, 'dryRun' | 'reason'>,
  { apps }: Caller,
): ReplaySelection {
  const from = new Date(request.receivedFrom);
  const to = new Date(request.receivedTo);
  if (from >= to) throw new BadRequestException(['receivedTo: must be after receivedFrom']);
  return {
    ...{ from, to },
    apps: visibleApps(request.app ?? undefined, apps),
    verdicts: request.verdicts ?? undefined,
    campaignId: request.campaignId ?? undefined,
    after: request.cursor ?? undefined,
    limit: request.limit ?? MAX_REPLAYED,
  };
}
