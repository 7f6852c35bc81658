import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Database } from '../database/database.js';
import { ShareEventHandlers } from '../transports/share-event-handlers.js';
import { ShareEvents } from '../transports/share-events.js';
import { OPTIONS, SETTLEMENT_PROVIDERS } from './settlement-providers.js';
import type {
  SettlementModuleAsyncOptions,
  SettlementModuleOptions,
  SettlementModuleShape,
} from './settlement-options.js';

/**
 * The workers and the relay: settles what the door took in and tells others of it, on the application's own TypeORM data
 * source and queue store. Finds handlers (`@OnShareEvent`) in all modules; exports `ShareEvents` for listeners.
 */
@Module({})
export class SettlementModule {
  static forRoot(options: SettlementModuleOptions & SettlementModuleShape): DynamicModule {
    return assemble(options, { provide: OPTIONS, useValue: options });
  }

  /** Like `forRoot`, with the options made by a factory. */
  static forRootAsync<Injected extends unknown[]>(
    options: SettlementModuleAsyncOptions<Injected>,
  ): DynamicModule {
    const { inject = [], useFactory, imports = [] } = options;
    return assemble(options, { provide: OPTIONS, useFactory, inject } as Provider, imports);
  }
}

function assemble(
  shape: SettlementModuleShape,
  optionsProvider: Provider,
  imports: DynamicModule['imports'] = [],
): DynamicModule {
  return {
    module: SettlementModule,
    imports: [DiscoveryModule, ...imports],
    providers: [
      optionsProvider,
      ShareEvents,
      ShareEventHandlers,
      {
        provide: Database,
        inject: [getDataSourceToken(shape.dataSource), OPTIONS],
        useFactory: (source: DataSource, o: SettlementModuleOptions) =>
          new Database(source, o.schema),
      },
      ...SETTLEMENT_PROVIDERS,
    ],
    exports: [ShareEvents],
  };
}
