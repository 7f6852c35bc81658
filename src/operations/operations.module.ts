import {
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type Provider,
  ValidationPipe,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { ApiToken } from '../config/api-tokens.js';
import type { StatusOrigins } from '../config/status-origins.js';
import { Database } from '../database/database.js';
import { EndpointSetup, type EndpointOptions } from '../endpoints/endpoint-setup.js';
import { IntentStatusReader } from '../intents/intent-status-reader.js';
import { ShareIntents } from '../intents/share-intents.js';
import { signingKeysOf } from '../intents/signing-keys.js';
import type { KakaoKeyRing } from '../kakao/key-ring.js';
import { alarmGauges } from '../metrics/alarm-gauges.js';
import { clusterGauges } from '../metrics/cluster-gauges.js';
import { doorGauges } from '../metrics/door-gauges.js';
import { ServiceMetrics } from '../metrics/service-metrics.js';
import { QueueStore, type QueueStoreOptions } from '../queue/queue-store.js';
import { SettlementQueue } from '../queue/settlement-queue.js';
import { AlarmBoard } from '../watch/alarm-board.js';
import { ClusterWatch } from '../watch/cluster-watch.js';
import { AdjustmentsController } from './adjustments.controller.js';
import { toBadRequest } from './bad-request.js';
import { BoundedBodyGuard } from './bounded-body.guard.js';
import { CallerRegistry } from './caller.js';
import { CampaignViewsController } from './campaign-views.controller.js';
import { CampaignsController } from './campaigns.controller.js';
import { CONFIGURED_APPS } from './configured-apps.js';
import { DeliveriesController } from './deliveries.controller.js';
import { DeliveryRepairsController } from './delivery-repairs.controller.js';
import { DestinationsController } from './destinations.controller.js';
import { EndpointDeliveriesController } from './endpoint-deliveries.controller.js';
import { EndpointRefusedEventsController } from './endpoint-refused-events.controller.js';
import { EventEndpointsController } from './event-endpoints.controller.js';
import { EventsController } from './events.controller.js';
import { HEALTH_ROLES, HealthController } from './health.controller.js';
import { HealthProbe } from './health-probe.js';
import { KEY_RING, USER_PARAMETER_NAME } from './key-ring-token.js';
import { KeysController } from './keys.controller.js';
import { LedgerController } from './ledger.controller.js';
import { ManagementLimits } from './management-limits.js';
import { GAUGE_SOURCES, MetricsController } from './metrics.controller.js';
import { PlainNamesPipe } from './plain-names.pipe.js';
import { ProblemFilter } from './problem.filter.js';
import { Readiness } from './readiness.js';
import { RedemptionsController } from './redemptions.controller.js';
import { DRY_RUN_KEYS, ReplaysController } from './replays.controller.js';
import { RewardsController } from './rewards.controller.js';
import { ShareIntentsController } from './share-intents.controller.js';
import { ShareStatusController } from './share-status.controller.js';
import { STATUS_ORIGINS } from './share-status.guard.js';
import { ShareStatusLimits } from './share-status-limits.js';
import { ShareStatusStreams } from './share-status-streams.js';
import { SimulationController } from './simulation.controller.js';
import { UnknownKeysController } from './unknown-keys.controller.js';
import { UsersController } from './users.controller.js';

export interface OperationsOptions {
  readonly queue: QueueStoreOptions;
  readonly schema: string;
  readonly roles: readonly string[];
  /** Undefined in a process without a web. */
  readonly keyRing: KakaoKeyRing | undefined;
  readonly userParameter: string;
  readonly pickerApps: readonly string[];
  readonly intentSigningKeys: readonly string[];
  readonly statusOrigins: StatusOrigins;
  readonly adminToken: string | undefined;
  readonly apiTokens: readonly ApiToken[];
  /** What this process counts. */
  readonly metrics: ServiceMetrics;
  /** The module that watches, which tells what is wrong. */
  readonly watch: DynamicModule;
  /** Undefined: signed webhooks are not chosen, and no endpoint can be made. */
  readonly eventEndpoints: EndpointOptions | undefined;
}

/** Health and management of the service. Every process has its health; management goes with the web. */
@Module({})
export class OperationsModule implements OnApplicationShutdown {
  constructor(private readonly queue: SettlementQueue) {}

  static forRoot(options: OperationsOptions): DynamicModule {
    const management = [
      ...[DeliveriesController, DeliveryRepairsController, ReplaysController],
      UsersController,
      EventsController,
      DestinationsController,
      ...[EventEndpointsController, EndpointDeliveriesController, EndpointRefusedEventsController],
      LedgerController,
      ShareIntentsController,
      CampaignsController,
      CampaignViewsController,
      ShareStatusController,
      ...[RedemptionsController, RewardsController, AdjustmentsController],
      SimulationController,
      ...[KeysController, UnknownKeysController],
    ];
    const store = new QueueStore(options.queue);
    return {
      module: OperationsModule,
      imports: [options.watch],
      controllers: [
        HealthController,
        MetricsController,
        ...(options.roles.includes('web') ? management : []),
      ],
      providers: [
        Readiness,
        HealthProbe,
        {
          provide: Database,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new Database(dataSource, options.schema),
        },
        { provide: ServiceMetrics, useValue: options.metrics },
        {
          provide: GAUGE_SOURCES,
          inject: [Database, SettlementQueue, AlarmBoard, ClusterWatch],
          useFactory: (
            database: Database,
            queue: SettlementQueue,
            board: AlarmBoard,
            watch: ClusterWatch,
          ) => [
            alarmGauges(board, watch),
            doorGauges(options.metrics.door),
            ...clusterGauges(database, queue),
          ],
        },
        { provide: SettlementQueue, useFactory: () => new SettlementQueue(store) },
        {
          provide: CallerRegistry,
          useFactory: () => new CallerRegistry(options.adminToken, options.apiTokens),
        },
        ManagementLimits,
        { provide: KEY_RING, useValue: options.keyRing },
        { provide: USER_PARAMETER_NAME, useValue: options.userParameter },
        { provide: CONFIGURED_APPS, useValue: options.keyRing ?? { apps: [] } },
        ...(options.roles.includes('web') ? shareIntents(options) : []),
        { provide: EndpointSetup, useFactory: () => new EndpointSetup(options.eventEndpoints) },
        { provide: APP_GUARD, useClass: BoundedBodyGuard },
        { provide: HEALTH_ROLES, useValue: options.roles },
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_PIPE, useClass: PlainNamesPipe },
        {
          provide: APP_PIPE,
          useFactory: () =>
            new ValidationPipe({
              whitelist: true,
              forbidNonWhitelisted: true,
              transform: true,
              exceptionFactory: toBadRequest,
            }),
        },
      ],
      exports: [Readiness],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.queue.close();
  }
}

/** What goes with the web: issuing intents, and telling the public how they stand. */
function shareIntents(options: OperationsOptions): Provider[] {
  const { intentSigningKeys, pickerApps, statusOrigins } = options;
  return [
    {
      provide: IntentStatusReader,
      inject: [Database],
      useFactory: (database: Database) => new IntentStatusReader(database),
    },
    {
      provide: ShareIntents,
      inject: [Database, IntentStatusReader],
      useFactory: (database: Database, reader: IntentStatusReader) =>
        new ShareIntents(database, intentSigningKeys, pickerApps, reader),
    },
    { provide: DRY_RUN_KEYS, useFactory: () => signingKeysOf(intentSigningKeys) },
    { provide: STATUS_ORIGINS, useValue: statusOrigins },
    ShareStatusLimits,
    ShareStatusStreams,
  ];
}
