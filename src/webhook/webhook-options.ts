import type { KakaoApps } from '../kakao/key-ring.js';
import type { QueueStoreOptions } from '../queue/queue-store.js';

/** What decides the door's shape and so must be known when the module is declared. */
export interface WebhookModuleShape {
  /** Where Kakao calls, under the application's global prefix if it has one. Default `webhooks/kakao/share`. */
  readonly path?: string;
  /** Put on the controller class, e.g. `[Public()]` so that a global guard of yours lets Kakao through to ours. */
  readonly controllerDecorators?: readonly ClassDecorator[];
  /** Name of the TypeORM data source, where it is not the default one. */
  readonly dataSource?: string;
}

/** What the door needs to know; may come from a factory. */
export interface WebhookModuleOptions {
  /** Your Kakao apps and their admin keys; a webhook belongs to the app whose key it carries. */
  readonly apps: KakaoApps;
  /** Where settlement jobs go: the same store as the workers'. */
  readonly queue: QueueStoreOptions;
  /** The custom parameter that names the user. Default `user_id`. */
  readonly userParameter?: string;
  /** The Postgres schema with our tables. Default `kakao_share`. */
  readonly schema?: string;
  /** Kakao waits 3 s for an answer; a commit that takes longer than this is answered 503. Default 2000 ms. */
  readonly acceptTimeoutMs?: number;
}

export type WebhookModuleAsyncOptions<Injected extends unknown[] = never[]> = WebhookModuleShape & {
  readonly imports?: import('@nestjs/common').ModuleMetadata['imports'];
  readonly inject?: import('@nestjs/common').FactoryProvider['inject'];
  readonly useFactory: (
    ...injected: Injected
  ) => WebhookModuleOptions | Promise<WebhookModuleOptions>;
};

export const DEFAULT_PATH = 'webhooks/kakao/share';
export const DEFAULT_USER_PARAMETER = 'user_id';
/** Leaves half a second of Kakao's three for everything around the commit. */
export const DEFAULT_ACCEPT_TIMEOUT_MS = 2_000;
