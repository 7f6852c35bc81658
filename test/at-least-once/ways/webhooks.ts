import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { destinationOf } from '../../../src/endpoints/endpoint.js';
import type { ShareEvent } from '../../../src/events/domain-event.js';
import { givenEndpoint, MASTER_KEY } from '../../endpoints/given-endpoint.js';
import { freePort } from '../../support/free-port.js';
import { startServiceRelay } from '../relay-process.js';
import type { Way } from './way.js';

/** Signed webhooks to somebody's server, which verifies each by the library of the specification. */
export function createWebhooks(): Way {
  let port = 0;
  let secret = '';
  return {
    title: 'signed webhooks',
    restarts: 'the receiving HTTP server was closed with all its connections and opened again',
    prepare: async (database) => {
      port = await freePort();
      const endpoint = await givenEndpoint(database, { url: `http://127.0.0.1:${port}/hook` });
      secret = endpoint.secret;
      return destinationOf(endpoint.id);
    },
    async open({ db, arrivals }) {
      let server = await listen(port, secret, (event) => {
        arrivals.add(event);
      });
      return {
        startRelay: () =>
          startServiceRelay(db, {
            EVENT_TRANSPORTS: 'webhooks',
            EVENT_ENDPOINT_KEYS: MASTER_KEY,
            EVENT_ENDPOINT_NETWORKS: '127.0.0.0/8',
          }),
        restart: async (untilNoticed) => {
          await close(server);
          await untilNoticed();
          server = await listen(port, secret, (event) => {
            arrivals.add(event);
          });
        },
        checkEmpty: () => Promise.resolve(),
        close: () => close(server),
      };
    },
  };
}

async function listen(
  port: number,
  secret: string,
  onEvent: (event: ShareEvent) => void,
): Promise<Server> {
  const server = createServer((request, response) => {
    void receive(request, response, new Webhook(secret), onEvent);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

/** What is signed wrongly is answered as such, and has not arrived. */
async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  webhook: Webhook,
  onEvent: (event: ShareEvent) => void,
): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    onEvent(webhook.verify(body, request.headers as Record<string, string>) as ShareEvent);
    response.writeHead(204).end();
  } catch {
    response.writeHead(401).end();
  }
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
