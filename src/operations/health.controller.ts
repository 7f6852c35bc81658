import { Controller, Get, HttpStatus, Inject, Res } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { Database } from '../database/database.js';
import { readSchemaState, type SchemaState } from '../database/schema-state.js';
import { within } from '../lifecycle/within.js';
import { SettlementQueue } from '../queue/settlement-queue.js';
import { Readiness } from './readiness.js';

export const HEALTH_ROLES = Symbol('kakao-share:health-roles');
/** A probe is asked every few seconds and must not pile up behind a hanging database. */
const PROBE_TIMEOUT_MS = 1_500;

/** How the process does, part by part. */
export interface ReadyView {
  readonly status: 'ok' | 'degraded' | 'unavailable';
  readonly roles: readonly string[];
  readonly parts: {
    readonly database: SchemaState;
    readonly queue: 'ok' | 'unreachable';
  };
}

/** For orchestrators and load balancers; tells no secret, so it needs no token. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly queue: SettlementQueue,
    private readonly readiness: Readiness,
    @Inject(HEALTH_ROLES) private readonly roles: readonly string[],
  ) {}

  /** The process runs; restart it when this does not answer. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /**
   * A web is ready while a webhook can be made durable: it needs the database, a missing queue only degrades it. A worker
   * needs both, a relay alone the database.
   */
  @Get('ready')
  async ready(@Res({ passthrough: true }) response: ServerResponse): Promise<ReadyView> {
    const [database, queue] = await Promise.all([this.probeDatabase(), this.probeQueue()]);
    const status = this.judge(database, queue);
    response.statusCode = status === 'unavailable' ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.OK;
    return { status, roles: this.roles, parts: { database, queue } };
  }

  private judge(database: SchemaState, queue: 'ok' | 'unreachable'): ReadyView['status'] {
    if (this.readiness.isDraining || database !== 'current') return 'unavailable';
    if (queue === 'ok') return 'ok';
    return this.roles.includes('worker') && !this.roles.includes('web')
      ? 'unavailable'
      : 'degraded';
  }

  private async probeDatabase(): Promise<SchemaState> {
    return within(PROBE_TIMEOUT_MS, 'probing the database', readSchemaState(this.database)).catch(
      () => 'unreachable',
    );
  }

  private async probeQueue(): Promise<'ok' | 'unreachable'> {
    return within(PROBE_TIMEOUT_MS, 'probing the queue', this.queue.backlog()).then(
      () => 'ok',
      () => 'unreachable',
    );
  }
}
