import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';
import type { AlarmName } from '../config/alarm-settings.js';
import type { QueueStoreOptions } from '../queue/queue-store.js';
import type { DoorTally } from './door-tally.js';

/** What decides the module's shape. */
export interface WatchModuleShape {
  /** Name of the TypeORM data source, where it is not the default one. */
  readonly dataSource?: string;
}

/** What is watched; may come from a factory. */
export interface WatchModuleOptions {
  /** Where settlement jobs are: the same store as the door's and the workers'. */
  readonly queue: QueueStoreOptions;
  /** The Postgres schema with our tables. Default `kakao_share`. */
  readonly schema?: string;
  /** What your `WebhookModule` has as its `observer`; absent: this process's answers are not judged. */
  readonly door?: DoorTally;
  /** What is known and accepted, and so raises no alarm; the same in every process: any of them may judge the cluster. Default none. */
  readonly alarmsOff?: readonly AlarmName[];
  /** How long no webhook of an app may come though intents are issued, minutes. Default 30. */
  readonly alarmSilenceMinutes?: number;
  /** How long a delivery may wait for its verdict, seconds. Default 300. */
  readonly alarmUnsettledS?: number;
}

export type WatchModuleAsyncOptions<Injected extends unknown[] = never[]> = WatchModuleShape & {
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (...injected: Injected) => WatchModuleOptions | Promise<WatchModuleOptions>;
};

/** How often things are looked at. */
export interface WatchTuning {
  /** How often a process looks at itself and says what it sees, ms. */
  readonly lookEveryMs: number;
  /** How often somebody judges the cluster, ms. */
  readonly judgeEveryMs: number;
}

export const DEFAULT_TUNING: WatchTuning = { lookEveryMs: 2_500, judgeEveryMs: 5_000 };
