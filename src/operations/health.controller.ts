import { Controller, Get, HttpStatus, Inject, Res, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { ServerResponse } from 'node:http';
import { SEVERITY, WHOLE_SERVICE } from '../watch/alarm.js';
import { AlarmBoard } from '../watch/alarm-board.js';
import { DoorSpool } from '../spool/door-spool.js';
import type { SpoolStanding } from '../spool/spool-standing.js';
import { HealthProbe, type HealthReading } from './health-probe.js';
import { Readiness } from './readiness.js';

export const HEALTH_ROLES = Symbol('kakao-share:health-roles');

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
  readonly parts: HealthReading & {
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
    private readonly probe: HealthProbe,
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
   * go only ever degrades: they wait in the database. So do alarms, and only critical ones. What this process knows by itself is told
   * as it is now, above all that it stops; what it has to ask for may be a second old.
   */
  @Get('ready')
  async ready(@Res({ passthrough: true }) response: ServerResponse): Promise<ReadyView> {
    const reading = await this.probe.read();
    const spool = this.#spool?.standing().state;
    const parts = {
      ...{ ...reading, alarms: this.alarms() },
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
}
