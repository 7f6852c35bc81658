import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Settings } from './config/settings.js';
import { DatabaseConnector } from './database/database-connector.js';
import { dataSourceOptions } from './database/data-source.js';
import { OperationsModule } from './operations/operations.module.js';
import type { QueueStoreOptions } from './queue/queue-store.js';
import { SettlementModule } from './settlement/settlement.module.js';
import { WebhookModule } from './webhook/webhook.module.js';

/** Settings with everything decided that a process needs to run. */
export interface ServiceSettings extends Settings {
  readonly databaseUrl: string;
}

/** Where the queue is: Redis where one is named, otherwise the same Postgres. */
function queueStoreOf(settings: ServiceSettings): QueueStoreOptions {
  const { redisUrl, databaseUrl, queuePrefix } = settings;
  return redisUrl === undefined
    ? { postgres: { url: databaseUrl } }
    : { redis: { url: redisUrl }, prefix: queuePrefix };
}

/** The service: the same modules that others import, by role, with their own data source and the operations room. */
@Module({})
export class ServiceModule {
  static for(settings: ServiceSettings): DynamicModule {
    const queue = queueStoreOf(settings);
    const schema = settings.databaseSchema;
    const settles = settings.roles.filter((role) => role !== 'web');
    return {
      module: ServiceModule,
      imports: [
        TypeOrmModule.forRoot({
          ...dataSourceOptions(
            settings.databaseUrl,
            settings.databasePoolSize,
            `kakao-share ${settings.roles.join('+')}`,
          ),
          manualInitialization: true,
        }),
        OperationsModule.forRoot({ queue, schema, ...settings }),
        ...(settings.roles.includes('web')
          ? [
              WebhookModule.forRoot({
                apps: settings.kakaoApps,
                queue,
                schema,
                userParameter: settings.userParameter,
              }),
            ]
          : []),
        ...(settles.length > 0
          ? [
              SettlementModule.forRoot({
                queue,
                schema,
                intentSigningKeys: settings.intentSigningKeys,
                roles: settles,
                concurrency: settings.workerConcurrency,
                eventTransports: settings.eventTransports,
              }),
            ]
          : []),
      ],
      providers: [DatabaseConnector],
    };
  }
}
