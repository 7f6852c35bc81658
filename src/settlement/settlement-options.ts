import type { QueueStoreOptions } from '../queue/queue-store.js';
import type { EndpointOptions } from '../endpoints/endpoint-setup.js';
import type { EventTransportsOptions } from '../transports/open-transport.js';
import type { SettlementObserver } from './settlement-observer.js';

/** What decides the module's shape. */
export interface SettlementModuleShape {
  /** Name of the TypeORM data source, where it is not the default one. */
  readonly dataSource?: string;
}

/** What workers and relay need to know; may come from a factory. */
export interface SettlementModuleOptions extends EventTransportsOptions {
  /** Where settlement jobs come from: the same store as the door's. */
  readonly queue: QueueStoreOptions;
  /** The Postgres schema with our tables. Default `kakao_share`. */
  readonly schema?: string;
  /**
   * The keys that share intents were signed with: the same as `ShareIntentsModule` has. Absent or empty: no share carries an
   * intent that counts.
   */
  readonly intentSigningKeys?: readonly string[];
  /** What this process does. Default both. */
  readonly roles?: readonly ('worker' | 'relay')[];
  /** Settlement jobs at a time, each on its own database connection. Default 2. */
  readonly concurrency?: number;
  /** For the transport `webhooks`. */
  readonly eventEndpoints?: EndpointOptions;
  /** How long events are kept after they were recorded, days; longer while a destination waits for one. Default 90. */
  readonly eventRetentionDays?: number;
  /** Hears how deliveries ended: for metrics of yours. */
  readonly observer?: SettlementObserver;
}

export type SettlementModuleAsyncOptions<Injected extends unknown[] = never[]> =
  SettlementModuleShape & {
    readonly imports?: import('@nestjs/common').ModuleMetadata['imports'];
    readonly inject?: import('@nestjs/common').FactoryProvider['inject'];
    readonly useFactory: (
      ...injected: Injected
    ) => SettlementModuleOptions | Promise<SettlementModuleOptions>;
  };

export const DEFAULT_CONCURRENCY = 2;
