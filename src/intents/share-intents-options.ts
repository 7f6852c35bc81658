import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';

/** What decides the module's shape. */
export interface ShareIntentsModuleShape {
  /** Name of the TypeORM data source, where it is not the default one. */
  readonly dataSource?: string;
}

/** What issuing intents needs to know; may come from a factory. */
export interface ShareIntentsModuleOptions {
  /** The first signs, all verify: 32 characters or more each. `SettlementModule` needs the same as `intentSigningKeys`. */
  readonly signingKeys: readonly string[];
  /** The Postgres schema with our tables. Default `kakao_share`. */
  readonly schema?: string;
  /** Apps that have Kakao's permission for `pickerSettings`. Default none. */
  readonly pickerApps?: readonly string[];
}

export type ShareIntentsModuleAsyncOptions<Injected extends unknown[] = never[]> =
  ShareIntentsModuleShape & {
    readonly imports?: ModuleMetadata['imports'];
    readonly inject?: FactoryProvider['inject'];
    readonly useFactory: (
      ...injected: Injected
    ) => ShareIntentsModuleOptions | Promise<ShareIntentsModuleOptions>;
  };
