import { Controller, Get, Inject, Res, UseGuards } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import type { GaugeSource } from '../metrics/gauge-source.js';
import { ServiceMetrics } from '../metrics/service-metrics.js';
import type { Caller } from './caller.js';
import { CurrentCaller, ManagementGuard, RequireScope } from './management.guard.js';
import { refuseOfSomeApps } from './refuse-of-some-apps.js';

export const GAUGE_SOURCES = Symbol('kakao-share:gauge-sources');

/** `/metrics` for Prometheus: of this process, and of what all processes share. */
@Controller('metrics')
@UseGuards(ManagementGuard)
@RequireScope('read')
export class MetricsController {
  constructor(
    private readonly metrics: ServiceMetrics,
    @Inject(GAUGE_SOURCES) private readonly sources: readonly GaugeSource[],
  ) {}

  @Get()
  async read(@CurrentCaller() caller: Caller, @Res() response: ServerResponse): Promise<void> {
    refuseOfSomeApps(caller);
    const page = await this.metrics.page(this.sources);
    response.writeHead(200, {
      'Content-Type': this.metrics.contentType,
      'Cache-Control': 'no-store',
    });
    response.end(page);
  }
}
