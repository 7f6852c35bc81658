import { Controller, Get, HttpStatus, Inject, Res, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { ServerResponse } from 'node:http';
import { Database } from '../database/database.js';
import { readSchemaState, type SchemaState } from '../database/schema-state.js';
import { within } from '../lifecycle/within.js';
import { SettlementQueue } from '../queue/settlement-queue.js';
import { readTroubles, type DestinationState } from '../relay/destination-standing.js';
import { SEVERITY, WHOLE_SERVICE } from '../watch/alarm.js';
import { AlarmBoard } from '../watch/alarm-board.js';
import { DoorSpool } from '../spool/door-spool.js';
import type { SpoolStanding } from '../spool/spool-standing.js';
import { Readiness } from './readiness.js';

export const HEALTH_ROLES = Symbol('kakao-share:health-roles');
/** A probe is asked every few seconds and must not pile up behind a hanging database. */
const PROBE_TIMEOUT_MS = 1_500;

interface AlarmView {
  readonly alarm: string;
  readonly app?: string;
  readonly severity: string;
  readonly since: string;
}

/** How the process does, part by part. */
export interface ReadyView {
  readonly status: 'ok' | 'degraded' | 'unavailable';
  readonly roles: readonly string[];
  readonly parts: {
    readonly database: SchemaState;
    readonly queue: 'ok' | 'unreachable';
    /** Destinations of events that are not well, by name. */
    readonly events: 'ok' | 'unknown' | Readonly<Record<string, DestinationState>>;
    /** What is wrong, as far as this process knows; docs/monitoring.md says what to do. */
    readonly alarms: readonly AlarmView[];
    /** Of a web: where webhooks are kept that the database does not commit. */
    readonly spool?: SpoolStanding['state'];
  };
}

/** For orchestrators and load balancers; tells no secret, so it needs no token. */
@Controller('health')
export class HealthController implements OnModuleInit {
  #spool: DoorSpool | undefined;

  constructor(
    private readonly database: Database,
    private readonly queue: SettlementQueue,
    private readonly readiness: Readiness,
    private readonly board: AlarmBoard,
    @Inject(HEALTH_ROLES) private readonly roles: readonly string[],
    private readonly modules: ModuleRef,
  ) {}

  onModuleInit(): void {
    if (this.roles.includes('web')) this.#spool = this.modules.get(DoorSpool, { strict: false });
  }

  /** The process runs; restart it when this does not answer. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /**
   * A web is ready while a webhook can be made durable anywhere, in the database or in the spool: were it not, a load balancer would
   * drain every web just when the spool is there for. A worker needs database and queue, a relay alone the database. Where events
   * go only ever degrades: they wait in the database. So do alarms, and only critical ones.
   */
  @Get('ready')
  async ready(@Res({ passthrough: true }) response: ServerResponse): Promise<ReadyView> {
    const [database, queue, events] = await Promise.all([
      this.probeDatabase(),
      this.probeQueue(),
      this.probeEvents(),
    ]);
    const spool = this.#spool?.standing().state;
    const parts = {
      ...{ database, queue, events, alarms: this.alarms() },
      ...(spool === undefined ? {} : { spool }),
    };
    const status = this.judge(parts);
    response.statusCode = status === 'unavailable' ? HttpStatus.SERVICE_UNAVAILABLE : HttpStatus.OK;
    return { status, roles: this.roles, parts };
  }

  private judge({ database, queue, events, spool }: ReadyView['parts']): ReadyView['status'] {
    const isWeb = this.roles.includes('web');
    const hasSpool = spool === 'ok' || spool === 'in-use';
    if (this.readiness.isDraining || (database !== 'current' && !hasSpool)) return 'unavailable';
    if (queue !== 'ok' && this.roles.includes('worker') && !isWeb) return 'unavailable';
    const isAlarmed = this.board.current.some(({ alarm }) => SEVERITY[alarm] === 'critical');
    const isWell = database === 'current' && queue === 'ok' && events === 'ok' && !isAlarmed;
    return isWell && (!isWeb || spool === 'ok') ? 'ok' : 'degraded';
  }

  private alarms(): AlarmView[] {
    return this.board.current.map(({ alarm, app, since }) => ({
      alarm,
      ...(app === WHOLE_SERVICE ? {} : { app }),
      severity: SEVERITY[alarm],
      since: since.toISOString(),
    }));
  }

  private async probeDatabase(): Promise<SchemaState> {
    return within(PROBE_TIMEOUT_MS, 'probing the database', readSchemaState(this.database)).catch(
      () => 'unreachable',
    );
  }

  private async probeEvents(): Promise<ReadyView['parts']['events']> {
    return within(PROBE_TIMEOUT_MS, 'probing destinations', readTroubles(this.database)).then(
      (troubles) => (Object.keys(troubles).length === 0 ? 'ok' : troubles),
      () => 'unknown',
    );
  }

  private async probeQueue(): Promise<'ok' | 'unreachable'> {
    return within(PROBE_TIMEOUT_MS, 'probing the queue', this.queue.backlog()).then(
      () => 'ok',
      () => 'unreachable',
    );
  }
}
