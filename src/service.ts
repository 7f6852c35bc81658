import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { within } from './lifecycle/within.js';
import { createLogger, PinoLogger } from './operations/pino-logger.js';
import { Readiness } from './operations/readiness.js';
import { createRequestLog } from './operations/request-log.js';
import { ServiceModule, type ServiceSettings } from './service.module.js';

/** A running service. */
export interface Service {
  /** Where it listens, e.g. `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Stops in order, each step bounded, so that nothing is half-done. */
  stop(): Promise<void>;
}

/**
 * What one client can hold of the service, and for how long. Node takes some of it only when the server is made, and Nest makes it
 * without.
 */
const HTTP_LIMITS: ServerOptions = {
  // Longer than a load balancer keeps an idle connection, so that it is never us who closes one being used.
  keepAliveTimeout: 65_000,
  // Kakao gives up after 3 s; whoever needs longer to send headers or a body is somebody else.
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  // How late the two before may be noticed; Node looks every 30 s.
  connectionsCheckingInterval: 1_000,
  // A GET webhook carries everything in its URL, which may be as large as a body.
  maxHeaderSize: 64 * 1024,
};
/**
 * Far more than senders of webhooks keep open, yet all of them idle take some 100 MB: whoever opens connections without end is hung
 * up on before memory or file descriptors run out.
 */
const MAX_CONNECTIONS = 10_000;
const FINISH_REQUESTS_MS = 3_000;
const IDLE_CHECK_MS = 50;

/** Serves with our limits from the first connection on. */
class BoundedExpressAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    this.httpServer = createServer(HTTP_LIMITS, this.getInstance<RequestListener>());
    this.httpServer.maxConnections = MAX_CONNECTIONS;
  }
}

/** Starts the service in this process. Listening needs no database: it is reached in the background. */
export async function startService(settings: ServiceSettings): Promise<Service> {
  const logger = createLogger(settings.logLevel);
  const app = await NestFactory.create<NestExpressApplication>(
    ServiceModule.for(settings),
    new BoundedExpressAdapter(),
    { logger: new PinoLogger(logger), abortOnError: false },
  );
  app.disable('x-powered-by');
  app.set('trust proxy', settings.trustedProxies);
  app.use(createRequestLog(logger));
  await listen(app, settings);
  const server = app.getHttpServer();
  const { port } = server.address() as AddressInfo;
  const readiness = app.get(Readiness, { strict: false });
  return {
    url: `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`,
    async stop() {
      readiness.drain();
      await delay(settings.drainMs);
      await finishRequests(server);
      // Sweeper and workers stop, the relay gives its shards back, queues close, and the database last.
      await app.close();
    },
  };
}

/** By then workers run: without a port to listen on they are stopped again, in order. */
async function listen(app: NestExpressApplication, { port, host }: ServiceSettings): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    await app.close();
    throw error;
  }
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
