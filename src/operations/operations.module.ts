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
import { IntentStatusReader } from '../intents/intent-status-reader.js';
import { ShareIntents } from '../intents/share-intents.js';
import type { KakaoApps } from '../kakao/key-ring.js';
import { QueueStore, type QueueStoreOptions } from '../queue/queue-store.js';
import { SettlementQueue } from '../queue/settlement-queue.js';
import { AdjustmentsController } from './adjustments.controller.js';
import { toBadRequest } from './bad-request.js';
import { BoundedBodyGuard } from './bounded-body.guard.js';
import { CallerRegistry } from './caller.js';
import { CampaignViewsController } from './campaign-views.controller.js';
import { CampaignsController } from './campaigns.controller.js';
import { CONFIGURED_APPS } from './configured-apps.js';
import { DeliveriesController } from './deliveries.controller.js';
import { EventsController } from './events.controller.js';
import { HEALTH_ROLES, HealthController } from './health.controller.js';
import { LedgerController } from './ledger.controller.js';
import { PlainNamesPipe } from './plain-names.pipe.js';
import { ProblemFilter } from './problem.filter.js';
import { Readiness } from './readiness.js';
import { RedemptionsController } from './redemptions.controller.js';
import { RewardsController } from './rewards.controller.js';
import { ShareIntentsController } from './share-intents.controller.js';
import { ShareStatusController } from './share-status.controller.js';
import { STATUS_ORIGINS } from './share-status.guard.js';
import { ShareStatusLimits } from './share-status-limits.js';
import { ShareStatusStreams } from './share-status-streams.js';
import { SimulationController } from './simulation.controller.js';
import { UsersController } from './users.controller.js';

export interface OperationsOptions {
  readonly queue: QueueStoreOptions;
  readonly schema: string;
  readonly roles: readonly string[];
  /** App to admin keys; only the names matter here. */
  readonly kakaoApps: KakaoApps;
  readonly pickerApps: readonly string[];
  readonly intentSigningKeys: readonly string[];
  readonly statusOrigins: StatusOrigins;
  readonly adminToken: string | undefined;
  readonly apiTokens: readonly ApiToken[];
}

/** Health and management of the service. Every process has its health; management goes with the web. */
@Module({})
export class OperationsModule implements OnApplicationShutdown {
  constructor(private readonly queue: SettlementQueue) {}

  static forRoot(options: OperationsOptions): DynamicModule {
    const management = [
      DeliveriesController,
      UsersController,
      EventsController,
      LedgerController,
      ShareIntentsController,
      CampaignsController,
      CampaignViewsController,
      ShareStatusController,
      ...[RedemptionsController, RewardsController, AdjustmentsController],
      SimulationController,
    ];
    const store = new QueueStore(options.queue);
    return {
      module: OperationsModule,
      controllers: [HealthController, ...(options.roles.includes('web') ? management : [])],
      providers: [
        Readiness,
        {
          provide: Database,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new Database(dataSource, options.schema),
        },
        { provide: SettlementQueue, useFactory: () => new SettlementQueue(store) },
        {
          provide: CallerRegistry,
          useFactory: () => new CallerRegistry(options.adminToken, options.apiTokens),
        },
        { provide: CONFIGURED_APPS, useValue: Object.keys(options.kakaoApps) },
        ...(options.roles.includes('web') ? shareIntents(options) : []),
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
    { provide: STATUS_ORIGINS, useValue: statusOrigins },
    ShareStatusLimits,
    ShareStatusStreams,
  ];
}
