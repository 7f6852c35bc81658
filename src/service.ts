import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { HttpLogger } from 'pino-http';
import { answerProblem, createBoundedServer } from './bounded-server.js';
import { KeyFileWatch } from './keys/key-file-watch.js';
import { within } from './lifecycle/within.js';
import { createLogger, PinoLogger } from './operations/pino-logger.js';
import { Readiness } from './operations/readiness.js';
import { createRequestLog } from './operations/request-log.js';
import { securityHeaders } from './operations/security-headers.js';
import { isWebhookTarget, publicTarget } from './public-target.js';
import { ServiceModule, type ServiceSettings } from './service.module.js';

/** A running service. */
export interface Service {
  /** Where it listens, e.g. `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Where operations are; the same, where they have no port of their own. */
  readonly operationsUrl: string;
  /** Looks at the files that hold admin keys at once; nothing where there are none. */
  rereadKeys(): void;
  /** Stops in order, each step bounded, so that nothing is half-done. */
  stop(): Promise<void>;
}

/** Rules of a campaign have a few KiB. */
const MAX_BODY_BYTES = 100 * 1024;
const FINISH_REQUESTS_MS = 3_000;
const IDLE_CHECK_MS = 50;

/** Serves with our limits, and where operations have a port of their own nothing else than what is public. */
class BoundedExpressAdapter extends ExpressAdapter {
  constructor(
    private readonly requestLog: HttpLogger,
    private readonly isPublicOnly: boolean,
  ) {
    super();
  }

  override initHttpServer(): void {
    const application = this.getInstance<RequestListener>();
    this.httpServer = createBoundedServer(
      this.isPublicOnly ? this.#publicOnly(application) : application,
    );
  }

  #publicOnly(application: RequestListener): RequestListener {
    return (request, response) => {
      const target = publicTarget(request.url);
      if (target === undefined) {
        this.requestLog(request, response);
        answerProblem(response, 404);
        return;
      }
      request.url = target;
      application(request, response);
    };
  }
}

/** Starts the service in this process. Listening needs no database: it is reached in the background. */
export async function startService(settings: ServiceSettings): Promise<Service> {
  const logger = createLogger(settings.logLevel);
  const requestLog = createRequestLog(logger);
  const app = await NestFactory.create<NestExpressApplication>(
    ServiceModule.for(settings),
    new BoundedExpressAdapter(requestLog, settings.operationsPort !== undefined),
    { logger: new PinoLogger(logger), abortOnError: false, bodyParser: false },
  );
  app.disable('x-powered-by');
  // Nobody keeps answers, so nobody asks whether they have changed.
  app.disable('etag');
  app.set('trust proxy', settings.trustedProxies);
  app.use(securityHeaders(isWebhookTarget));
  app.use(requestLog);
  // JSON alone, and as it came: what is compressed could be a thousand times larger than it looks.
  app.useBodyParser('json', { limit: MAX_BODY_BYTES, inflate: false });
  const servers = await listen(app, settings);
  const readiness = app.get(Readiness, { strict: false });
  const keyFiles = app.get<KeyFileWatch | undefined>(KeyFileWatch, { strict: false });
  const [url = '', operationsUrl = url] = servers.map(urlOf);
  return {
    url,
    operationsUrl,
    rereadKeys() {
      keyFiles?.reread();
    },
    async stop() {
      readiness.drain();
      await delay(settings.drainMs);
      await Promise.all(servers.map(finishRequests));
      // Sweeper and workers stop, the relay gives its shards back, queues close, and the database last.
      await app.close();
    },
  };
}

/**
 * Listens for everybody, and on the port for operations where one is set. By then workers run: without a port to listen on they are
 * stopped again, in order.
 */
async function listen(app: NestExpressApplication, settings: ServiceSettings): Promise<Server[]> {
  const { port, host, operationsPort, operationsHost } = settings;
  const servers: Server[] = [];
  try {
    servers.push(await app.listen(port, host));
    if (operationsPort !== undefined) {
      const application: RequestListener = app.getHttpAdapter().getInstance();
      const operations = createBoundedServer(application).listen(operationsPort, operationsHost);
      await once(operations, 'listening');
      servers.push(operations);
    }
    return servers;
  } catch (error) {
    await app.close();
    throw error;
  }
}

function urlOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** Takes no new connection, lets every request under way have its answer, then closes what is left. */
async function finishRequests(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  const closingIdle = setInterval(() => {
    server.closeIdleConnections();
  }, IDLE_CHECK_MS);
  try {
    await within(FINISH_REQUESTS_MS, 'finishing requests', closed);
  } catch {
    server.closeAllConnections();
  } finally {
    clearInterval(closingIdle);
  }
}
