import type { KakaoApps, KakaoKeyRing } from '../kakao/key-ring.js';
import type { DoorObserver } from './door-observer.js';
import type { QueueStoreOptions } from '../queue/queue-store.js';
import type { SpoolOptions } from '../spool/spool-options.js';

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
  /**
   * Your Kakao apps and their admin keys; a webhook belongs to the app whose key it carries. Give a `KakaoKeyRing` to put other
   * keys in force later, with its `replace`.
   */
  readonly apps: KakaoApps | KakaoKeyRing;
  /** Where settlement jobs go: the same store as the workers'. */
  readonly queue: QueueStoreOptions;
  /** The custom parameter that names the user. Default `user_id`. */
  readonly userParameter?: string;
  /**
   * The addresses and networks that webhooks are taken from, e.g. `['203.0.113.0/24']`; others are answered 403. Default: all.
   * Kakao's change (its system-ips API tells them), and Kakao sends once: a list that is out of date loses webhooks.
   */
  readonly kakaoNetworks?: readonly string[];
  /** For `kakaoNetworks`: exactly how many proxies stand in front and tell their callers in `X-Forwarded-For`. Default 0. */
  readonly trustedProxies?: number;
  /** The Postgres schema with our tables. Default `kakao_share`. */
  readonly schema?: string;
  /**
   * Kakao waits 3 s for an answer: so long after its receipt a webhook is answered at the latest, whatever the database and the disk
   * do. Default 2500 ms.
   */
  readonly acceptTimeoutMs?: number;
  /** Hears of every answer and every webhook taken in: for metrics of yours. */
  readonly observer?: DoorObserver;
  /**
   * A folder on a disk that outlives the process, where webhooks are kept while your data source does not commit or is not
   * initialised; they get there by themselves later. It belongs to this data source and schema alone; several processes may share it.
   * Without it such webhooks are answered 503, and Kakao does not send them again.
   */
  readonly spoolDir?: string;
  /** What all processes that share the folder may take of the disk. Default 1 GiB. */
  readonly spoolMaxBytes?: number;
  /** How many kept webhooks a process commits again per second. Default 1000. */
  readonly spoolReplayPerS?: number;
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

/** Undefined where no folder is named. */
export function spoolOptionsOf({
  spoolDir,
  spoolMaxBytes,
  spoolReplayPerS,
}: WebhookModuleOptions): SpoolOptions | undefined {
  if (spoolDir === undefined) return undefined;
  return {
    directory: spoolDir,
    ...(spoolMaxBytes !== undefined && { maxBytes: spoolMaxBytes }),
    ...(spoolReplayPerS !== undefined && { replayPerS: spoolReplayPerS }),
  };
}
