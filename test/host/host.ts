import type {
  INestApplication,
  Logger,
  ModuleMetadata,
  NestApplicationOptions,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Sender, type Answer } from '../../src/simulator/send.js';
import { buildShareRequest, type PreparedRequest } from '../../src/simulator/share-request.js';
import type { Share } from '../../src/simulator/share.js';

export const PLATFORMS = ['express', 'fastify'] as const;
export type Platform = (typeof PLATFORMS)[number];

export const ADMIN_KEY = 'k'.repeat(32);
export const APPS = { default: [ADMIN_KEY] };
export const PATH = '/webhooks/kakao/share';

/** Somebody else's application, listening. */
export interface Host {
  readonly app: INestApplication;
  readonly url: string;
  readonly errors: readonly string[];
  /** Sends a share as Kakao would, to `PATH` unless told otherwise. */
  share(share: Share, resourceId: string, how?: ShareSending): Promise<Answer>;
  /** Sends a request whose `url` is a path of this host. */
  send(request: PreparedRequest): Promise<Answer>;
  close(): Promise<void>;
}

export interface ShareSending {
  readonly method?: 'GET' | 'POST';
  readonly encoding?: 'json' | 'form';
  readonly path?: string;
  readonly adminKey?: string;
}

/** What the host's owner writes in `main.ts`, between `create` and `listen`. */
export type Configure = (app: INestApplication) => void;

/** As many connections as a host's data source has here. */
export const HOST_POOL_SIZE = 5;

/** The host's own data source. */
export function hostDataSource(url: string, options: object = {}): ModuleMetadata['imports'] {
  return [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url,
      poolSize: HOST_POOL_SIZE,
      retryAttempts: 0,
      ...options,
    }),
  ];
}

export async function startHost(
  platform: Platform,
  module: ModuleMetadata,
  configure: Configure = () => undefined,
  options: NestApplicationOptions = {},
): Promise<Host> {
  const errors: string[] = [];
  const settings = { ...options, abortOnError: false, logger: quietLogger(errors) };
  const app = await (platform === 'fastify'
    ? NestFactory.create(module, new FastifyAdapter(), settings)
    : NestFactory.create(module, settings));
  configure(app);
  return listening(app, errors);
}

/** Lets an application listen, whatever made it. */
export async function listening(
  app: INestApplication,
  errors: readonly string[] = [],
): Promise<Host> {
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const sender = new Sender({ limitMs: 20_000 });
  return {
    app,
    url,
    errors,
    share: (share, resourceId, { path = PATH, adminKey = ADMIN_KEY, ...how } = {}) =>
      sender.send(
        buildShareRequest(share, {
          url: `${url}${path}`,
          adminKey,
          resourceId,
          method: 'POST',
          ...how,
        }),
      ),
    send: (request) => sender.send({ ...request, url: `${url}${request.url}` }),
    async close() {
      sender.close();
      await app.close();
    },
  };
}

/** A webhook with a body of our choosing, with Kakao's headers. */
export function webhook(
  body: string | Buffer,
  resourceId: string,
  { method = 'POST', adminKey = ADMIN_KEY, path = PATH } = {},
): PreparedRequest {
  const headers = {
    Authorization: `KakaoAK ${adminKey}`,
    'X-Kakao-Resource-ID': resourceId,
    'Content-Type': 'application/json',
  };
  return { method, url: path, headers, body };
}

/** Keeps the run readable; what goes wrong is there to be looked at. */
export function quietLogger(errors: string[] = []): Pick<Logger, 'log' | 'warn' | 'error'> {
  return {
    log: () => undefined,
    warn: () => undefined,
    error: (message: unknown) => void errors.push(String(message)),
  };
}

/** The status that a webhook was answered with, beside the status of the HTTP answer. */
export function told({ status, body }: Answer): { http: number; said: string | undefined } {
  return { http: status, said: (JSON.parse(body || '{}') as { status?: string }).status };
}
