import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Database } from '../database/database.js';
import { ShareIntents } from './share-intents.js';
import type {
  ShareIntentsModuleAsyncOptions,
  ShareIntentsModuleOptions,
  ShareIntentsModuleShape,
} from './share-intents-options.js';
import { SigningKeysError } from './signing-keys.js';

const OPTIONS = Symbol('kakao-share:share-intents-options');

/** Issues share intents on the application's own TypeORM data source. Exports `ShareIntents`; has no routes of its own. */
@Module({})
export class ShareIntentsModule {
  /** @throws {SigningKeysError} when no usable key is given: the application does not start */
  static forRoot(options: ShareIntentsModuleOptions & ShareIntentsModuleShape): DynamicModule {
    return assemble(options, { provide: OPTIONS, useValue: options });
  }

  /** Like `forRoot`, with the options made by a factory. */
  static forRootAsync<Injected extends unknown[]>(
    options: ShareIntentsModuleAsyncOptions<Injected>,
  ): DynamicModule {
    const { inject = [], useFactory, imports = [] } = options;
    return assemble(options, { provide: OPTIONS, useFactory, inject } as Provider, imports);
  }
}

function assemble(
  shape: ShareIntentsModuleShape,
  optionsProvider: Provider,
  imports: DynamicModule['imports'] = [],
): DynamicModule {
  return {
    module: ShareIntentsModule,
    imports,
    providers: [
      optionsProvider,
      {
        provide: ShareIntents,
        inject: [getDataSourceToken(shape.dataSource), OPTIONS],
        useFactory: (source: DataSource, options: ShareIntentsModuleOptions) => {
          const { signingKeys, schema, pickerApps } = options;
          // A service may go without; a host that imports the module wants intents.
          if (signingKeys.length === 0)
            throw new SigningKeysError('Name at least one signing key.');
          return new ShareIntents(new Database(source, schema), signingKeys, pickerApps);
        },
      },
    ],
    exports: [ShareIntents],
  };
}
