import {
  Body,
  ConflictException,
  Controller,
  Delete,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  Query,
  UseGuards,
} from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { isStorableText } from '../kakao/parameter.js';
import { changeDestination } from '../relay/change-destination.js';
import { readDestinations, type DestinationStanding } from '../relay/destination-standing.js';
import { pauseDestination, removeDestination, resumeDestination } from '../relay/destinations.js';
import { discardRefused, resendRefused } from '../relay/refused-events.js';
import type { Caller } from './caller.js';
import { showDestination, type DestinationView } from './destination-view.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { PageQuery, type Page } from './page.js';
import { ReasonedRequest } from './reasoned-request.js';
import { refuseOfSomeApps } from './refuse-of-some-apps.js';
import {
  MAX_REFUSED_AT_ONCE,
  RefusedRequest,
  showRefused,
  type RefusedEventView,
} from './refused-events.js';

/**
 * `/v1/destinations`: the transports and handlers that events go to. Every app's events go through them, so a caller of some
 * apps alone may not touch them.
 */
@Controller('v1/destinations')
@UseGuards(ManagementGuard)
@RequireScope('operate')
export class DestinationsController {
  constructor(private readonly database: Database) {}

  @Get()
  @RequireScope('read')
  async list(@CurrentCaller() caller: Caller): Promise<Page<DestinationView>> {
    refuseOfSomeApps(caller);
    const found = await readDestinations(this.database, { kinds: ['transport', 'handler'] });
    return { items: found.map(showDestination), nextCursor: null };
  }

  @Get(':name')
  @RequireScope('read')
  async view(
    @Param('name') name: string,
    @CurrentCaller() caller: Caller,
  ): Promise<DestinationView> {
    return showDestination(await this.find(name, caller));
  }

  /** Its events wait until it is resumed. */
  @Post(':name/pause')
  @HttpCode(200)
  async pause(
    @Param('name') name: string,
    @Body() { reason }: ReasonedRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<DestinationView> {
    if ((await this.find(name, caller)).state === 'paused') return this.view(name, caller);
    await this.change(name, 'destination.pause', reason, caller, (tx) =>
      pauseDestination(tx, name, reason),
    );
    return this.view(name, caller);
  }

  @Post(':name/resume')
  @HttpCode(200)
  async resume(
    @Param('name') name: string,
    @Body() { reason }: ReasonedRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<DestinationView> {
    await this.change(name, 'destination.resume', reason, caller, (tx) =>
      resumeDestination(tx, name),
    );
    return this.view(name, caller);
  }

  /** Drops a destination that no relay serves any more, with all that waits for it. */
  @Delete(':name')
  @HttpCode(204)
  async remove(
    @Param('name') name: string,
    @Body() { reason }: ReasonedRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    const { state, is_unserved: isUnserved } = await this.find(name, caller);
    if (state === 'removing') return;
    if (!isUnserved) {
      throw new ConflictException(
        'a relay serves this destination, or did so in the last two minutes: take it out of EVENT_TRANSPORTS (or its handler out of the application) first',
      );
    }
    await this.change(name, 'destination.remove', reason, caller, (tx) =>
      removeDestination(tx, name),
    );
  }

  /** What it would not take, newest first. */
  @Get(':name/refused-events')
  @RequireScope('read')
  async refused(
    @Param('name') name: string,
    @Query() page: PageQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<RefusedEventView>> {
    await this.find(name, caller);
    return showRefused(this.database, name, page);
  }

  /** Sends refused events again: after what waits now, so out of their users' order, of which `sequence` tells. */
  @Post(':name/refused-events/resend')
  @HttpCode(202)
  async resend(
    @Param('name') name: string,
    @Body() { eventIds, reason }: RefusedRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<{ resent: number }> {
    const resent = await this.change(name, 'destination.resend', reason, caller, (tx) =>
      resendRefused(tx, name, eventIds, MAX_REFUSED_AT_ONCE),
    );
    return { resent };
  }

  /** Gives refused events up: they hold back nothing any more. */
  @Post(':name/refused-events/discard')
  @HttpCode(200)
  async discard(
    @Param('name') name: string,
    @Body() { eventIds, reason }: RefusedRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<{ discarded: number }> {
    const discarded = await this.change(name, 'destination.discard', reason, caller, (tx) =>
      discardRefused(tx, name, eventIds, MAX_REFUSED_AT_ONCE),
    );
    return { discarded };
  }

  private async change<T>(
    name: string,
    action: `destination.${string}`,
    reason: string,
    caller: Caller,
    work: (tx: Transaction) => Promise<T>,
  ): Promise<T> {
    await this.find(name, caller);
    return changeDestination(this.database, { name, action, actor: caller.name, reason }, work);
  }

  private async find(name: string, caller: Caller): Promise<DestinationStanding> {
    refuseOfSomeApps(caller);
    if (!isStorableText(name)) throw new NotFoundException('no such destination');
    const [found] = await readDestinations(this.database, { names: [name] });
    if (found === undefined || found.kind === 'endpoint')
      throw new NotFoundException('no such destination');
    return found;
  }
}
