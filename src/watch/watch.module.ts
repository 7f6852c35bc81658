import {
  Injectable,
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type Provider,
} from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { DEFAULT_SILENCE_MINUTES, DEFAULT_UNSETTLED_S } from '../config/alarm-settings.js';
import { Database } from '../database/database.js';
import { QueueStore } from '../queue/queue-store.js';
import { AlarmBoard } from './alarm-board.js';
import { ClusterWatch } from './cluster-watch.js';
import { ProcessWatch } from './process-watch.js';
import {
  DEFAULT_TUNING,
  type WatchModuleAsyncOptions,
  type WatchModuleOptions,
  type WatchModuleShape,
} from './watch-options.js';
import { clusterWatchdogs } from './watchdogs.js';

const OPTIONS = Symbol('kakao-share:watch-options');
/** A look takes milliseconds; one that hangs is left alone. */
const STOP_LIMIT_MS = 1_000;

/** Watches from the application's start until it stops, while its database is still open. */
@Injectable()
class WatchLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly processWatch: ProcessWatch,
    private readonly clusterWatch: ClusterWatch,
  ) {}

  onApplicationBootstrap(): void {
    this.processWatch.start();
    this.clusterWatch.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([
      this.processWatch.stop(STOP_LIMIT_MS),
      this.clusterWatch.stop(STOP_LIMIT_MS),
    ]);
  }
}

/**
 * Looks after door, settlement and stores, in each process that imports it, and tells what is wrong: in the log, as the events
 * `alarm.raised` and `alarm.cleared`, and by `AlarmBoard`. Any number of processes do so, and tell it once.
 */
@Module({})
export class WatchModule {
  static forRoot(options: WatchModuleOptions & WatchModuleShape): DynamicModule {
    return assemble(options, { provide: OPTIONS, useValue: options });
  }

  /** Like `forRoot`, with the options made by a factory. */
  static forRootAsync<Injected extends unknown[]>(
    options: WatchModuleAsyncOptions<Injected>,
  ): DynamicModule {
    const { inject = [], useFactory, imports = [] } = options;
    return assemble(options, { provide: OPTIONS, useFactory, inject } as Provider, imports);
  }
}

function assemble(
  shape: WatchModuleShape,
  optionsProvider: Provider,
  imports: DynamicModule['imports'] = [],
): DynamicModule {
  return {
    module: WatchModule,
    imports,
    providers: [
      optionsProvider,
      AlarmBoard,
      { provide: ProcessWatch, inject: [AlarmBoard, OPTIONS], useFactory: watchProcess },
      {
        provide: ClusterWatch,
        inject: [AlarmBoard, getDataSourceToken(shape.dataSource), OPTIONS],
        useFactory: watchCluster,
      },
      WatchLifecycle,
    ],
    exports: [AlarmBoard, ClusterWatch],
  };
}

function watchProcess(
  board: AlarmBoard,
  { door, alarmsOff = [] }: WatchModuleOptions,
): ProcessWatch {
  const logger = new Logger('Watch');
  return new ProcessWatch(board, door, new Set(alarmsOff), logger, DEFAULT_TUNING.lookEveryMs);
}

function watchCluster(
  board: AlarmBoard,
  dataSource: DataSource,
  options: WatchModuleOptions,
): ClusterWatch {
  const database = new Database(dataSource, options.schema);
  const { alarmSilenceMinutes: silenceMinutes = DEFAULT_SILENCE_MINUTES } = options;
  const { alarmUnsettledS: unsettledS = DEFAULT_UNSETTLED_S, alarmsOff = [] } = options;
  return new ClusterWatch({
    ...{ database, board, off: new Set(alarmsOff) },
    watchdogs: clusterWatchdogs(database, new QueueStore(options.queue), {
      silenceMinutes,
      unsettledS,
    }),
    logger: new Logger('Watch'),
    tuning: DEFAULT_TUNING,
  });
}
