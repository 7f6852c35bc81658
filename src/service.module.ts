import { Logger, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Settings } from './config/settings.js';
import { DatabaseConnector } from './database/database-connector.js';
import { dataSourceOptions } from './database/data-source.js';
import type { EndpointOptions } from './endpoints/endpoint-setup.js';
import { KakaoKeyRing } from './kakao/key-ring.js';
import { KeyFileWatch } from './keys/key-file-watch.js';
import { ServiceMetrics } from './metrics/service-metrics.js';
import { OperationsModule } from './operations/operations.module.js';
import type { QueueStoreOptions } from './queue/queue-store.js';
import { SettlementModule } from './settlement/settlement.module.js';
import type { EventTransportsOptions } from './transports/open-transport.js';
import { DoorTally } from './watch/door-tally.js';
import { WatchModule } from './watch/watch.module.js';
import { bothHear } from './webhook/both-hear.js';
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

/** Where events go: what is set. */
function transportOptionsOf({
  eventTransports,
  eventRoomHash,
  rabbitmq,
  nats,
  kafka,
}: ServiceSettings): EventTransportsOptions {
  return {
    eventTransports,
    eventRoomHash,
    ...(rabbitmq && { rabbitmq }),
    ...(nats && { nats }),
    ...(kafka && { kafka }),
  };
}

/** Undefined where nobody calls endpoints. */
function endpointOptionsOf({
  eventTransports,
  eventEndpoints,
}: ServiceSettings): EndpointOptions | undefined {
  return eventTransports.includes('webhooks') ? eventEndpoints : undefined;
}

/** Only where there is a door, and a file that may come to say something else. */
function keyFileWatch(
  { kakaoKeySources: sources }: ServiceSettings,
  ring: KakaoKeyRing | undefined,
): Provider {
  const useFactory = (): KeyFileWatch | undefined =>
    sources === undefined || ring === undefined
      ? undefined
      : new KeyFileWatch(sources, ring, new Logger('KeyRing'));
  return { provide: KeyFileWatch, useFactory };
}

/** The service: the same modules that others import, by role, with their own data source and the operations room. */
@Module({})
export class ServiceModule {
  static for(settings: ServiceSettings): DynamicModule {
    const queue = queueStoreOf(settings);
    const schema = settings.databaseSchema;
    const keyRing = settings.roles.includes('web')
      ? new KakaoKeyRing(settings.kakaoApps)
      : undefined;
    const metrics = new ServiceMetrics();
    const tally = new DoorTally();
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
        OperationsModule.forRoot({
          ...{ queue, schema, keyRing, metrics, ...settings },
          watch: WatchModule.forRoot({ queue, schema, door: tally, ...settings }),
          eventEndpoints: endpointOptionsOf(settings),
        }),
        ...(keyRing !== undefined
          ? [
              WebhookModule.forRoot({
                apps: keyRing,
                queue,
                schema,
                userParameter: settings.userParameter,
                kakaoNetworks: settings.kakaoNetworks,
                trustedProxies: settings.trustedProxies,
                observer: bothHear(metrics.door, tally),
                spoolDir: settings.spoolDir,
                spoolMaxBytes: settings.spoolMaxBytes,
                spoolReplayPerS: settings.spoolReplayPerS,
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
                ...transportOptionsOf(settings),
                eventEndpoints: settings.eventEndpoints,
                eventRetentionDays: settings.eventRetentionDays,
                observer: metrics.settlement,
              }),
            ]
          : []),
      ],
      providers: [DatabaseConnector, keyFileWatch(settings, keyRing)],
    };
  }
}
