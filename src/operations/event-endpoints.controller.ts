import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  ParseUUIDPipe,
  Patch,
  Post,
  Query,
  UseGuards,
} from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { acceptUrl } from '../endpoints/accept-url.js';
import { changeEndpoint } from '../endpoints/change-endpoint.js';
import { createEndpoint } from '../endpoints/create-endpoint.js';
import { deleteEndpoint } from '../endpoints/delete-endpoint.js';
import { EndpointSetup } from '../endpoints/endpoint-setup.js';
import type { EndpointChange } from '../endpoints/endpoint.js';
import { pauseEndpoint, resumeEndpoint } from '../endpoints/pause-endpoint.js';
import { rotateSecret } from '../endpoints/rotate-secret.js';
import type { Caller } from './caller.js';
import { CONFIGURED_APPS, ownApp, type ConfiguredApps } from './configured-apps.js';
import {
  EndpointChangeRequest,
  EndpointsQuery,
  NewEndpointRequest,
  RotationRequest,
} from './event-endpoint-requests.dto.js';
import {
  findEndpoint,
  SELECT_ENDPOINT,
  showEndpoints,
  type EndpointRow,
  type EventEndpointView,
} from './event-endpoint-view.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { toPage, visibleApps, type Page } from './page.js';
import { ReasonedRequest } from './reasoned-request.js';

const LIMITS = { statementTimeoutMs: 10_000 };

/** The only answers that carry a secret. */
type WithSecret = EventEndpointView & { readonly secret: string };

/** `/v1/event-endpoints`: servers that are sent an app's events as signed webhooks. */
@Controller('v1/event-endpoints')
@UseGuards(ManagementGuard)
@RequireScope('operate')
export class EventEndpointsController {
  constructor(
    private readonly database: Database,
    private readonly setup: EndpointSetup,
    @Inject(CONFIGURED_APPS) private readonly configured: ConfiguredApps,
  ) {}

  /** It hears of what happens from now on. */
  @Post()
  async create(
    @Body() request: NewEndpointRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<WithSecret> {
    const { types = null, description = null, includeRoomHash = false } = request;
    const { keys, policy } = this.setup;
    const app = ownApp(request.app, this.configured, caller);
    const url = await acceptUrl(request.url, policy);
    const settings = { url, types, description, includesRoomHash: includeRoomHash };
    const { id, secret } = await this.database.transaction(LIMITS, (tx) =>
      createEndpoint(tx, keys, { app, actor: caller.name, ...settings }),
    );
    return { ...(await findEndpoint(this.database, id, caller)), secret };
  }

  @Get()
  @RequireScope('read')
  async list(
    @Query() { app, limit, cursor }: EndpointsQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<EventEndpointView>> {
    const rows = await this.database.query<EndpointRow>(
      `${SELECT_ENDPOINT} WHERE ($1::text[] IS NULL OR e.app = ANY($1)) AND ($2::uuid IS NULL OR e.id < $2)
       ORDER BY e.id DESC LIMIT $3`,
      [visibleApps(app, caller.apps) ?? null, cursor ?? null, limit + 1],
    );
    const { items, nextCursor } = toPage(rows, limit, (row) => row);
    return { items: await showEndpoints(this.database, items), nextCursor };
  }

  @Get(':id')
  @RequireScope('read')
  async view(
    @Param('id', ParseUUIDPipe) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<EventEndpointView> {
    return findEndpoint(this.database, id, caller);
  }

  @Patch(':id')
  async save(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { reason, url, types, description, includeRoomHash }: EndpointChangeRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<EventEndpointView> {
    await findEndpoint(this.database, id, caller);
    const changes = {
      ...(url !== undefined && { url: await acceptUrl(url, this.setup.policy) }),
      ...(types !== undefined && { types }),
      ...(description !== undefined && { description }),
      ...(includeRoomHash !== undefined && { includesRoomHash: includeRoomHash }),
    };
    await this.change(id, reason, caller, (tx, change) => changeEndpoint(tx, change, changes));
    return findEndpoint(this.database, id, caller);
  }

  /** With its secrets and whatever waits for it. */
  @Delete(':id')
  @HttpCode(204)
  async remove(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { reason }: ReasonedRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    await this.change(id, reason, caller, deleteEndpoint);
  }

  /** A new secret; the ones before sign too, for so many hours. */
  @Post(':id/rotate-secret')
  @HttpCode(200)
  async rotate(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { reason, overlapHours }: RotationRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<WithSecret> {
    const { keys } = this.setup;
    const { secret } = await this.change(id, reason, caller, (tx, change) =>
      rotateSecret(tx, keys, { ...change, overlapHours }),
    );
    return { ...(await findEndpoint(this.database, id, caller)), secret };
  }

  /** Its events wait until it is resumed. */
  @Post(':id/pause')
  @HttpCode(200)
  async pause(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { reason }: ReasonedRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<EventEndpointView> {
    await this.change(id, reason, caller, pauseEndpoint);
    return findEndpoint(this.database, id, caller);
  }

  /** Its events flow again, at once; also where it only rests after a failure. */
  @Post(':id/resume')
  @HttpCode(200)
  async resume(
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { reason }: ReasonedRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<EventEndpointView> {
    await this.change(id, reason, caller, resumeEndpoint);
    return findEndpoint(this.database, id, caller);
  }

  /** Changes an endpoint that the caller may see. */
  private async change<T>(
    endpointId: string,
    reason: string,
    caller: Caller,
    work: (tx: Transaction, change: EndpointChange) => Promise<T>,
  ): Promise<T> {
    await findEndpoint(this.database, endpointId, caller);
    const change = { endpointId, actor: caller.name, reason };
    return this.database.transaction(LIMITS, (tx) => work(tx, change));
  }
}
