import {
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  ValidationPipe,
} from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { ApiToken } from '../config/api-tokens.js';
import { Database } from '../database/database.js';
import { QueueStore, type QueueStoreOptions } from '../queue/queue-store.js';
import { SettlementQueue } from '../queue/settlement-queue.js';
import { toBadRequest } from './bad-request.js';
import { CallerRegistry } from './caller.js';
import { DeliveriesController } from './deliveries.controller.js';
import { EventsController } from './events.controller.js';
import { HEALTH_ROLES, HealthController } from './health.controller.js';
import { LedgerController } from './ledger.controller.js';
import { ProblemFilter } from './problem.filter.js';
import { Readiness } from './readiness.js';
import { UsersController } from './users.controller.js';

export interface OperationsOptions {
  readonly queue: QueueStoreOptions;
  readonly schema: string;
  readonly roles: readonly string[];
  readonly adminToken: string | undefined;
  readonly apiTokens: readonly ApiToken[];
}

/** Health and management of the service. Every process has its health; management goes with the web. */
@Module({})
export class OperationsModule implements OnApplicationShutdown {
  constructor(private readonly queue: SettlementQueue) {}

  static forRoot(options: OperationsOptions): DynamicModule {
    const management = [DeliveriesController, UsersController, EventsController, LedgerController];
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
        { provide: HEALTH_ROLES, useValue: options.roles },
        { provide: APP_FILTER, useClass: ProblemFilter },
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
