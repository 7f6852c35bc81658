import {
  createServer,
  STATUS_CODES,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';

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
/** Kakao sends a dozen and each proxy adds a few; beyond it Node would leave out what is left, without a word. */
const MAX_HEADERS = 200;
/**
 * Far more than senders of webhooks keep open, yet all of them idle take some 100 MB: whoever opens connections without end is hung
 * up on before memory or file descriptors run out.
 */
const MAX_CONNECTIONS = 10_000;
/** From here on those that nobody uses are closed: beyond the bound Node hangs up on whoever comes, and Kakao comes once. */
const CROWDED = 0.9;
/** One look for all that come meanwhile, and soon enough that hardly anybody is hung up on before it. */
const LOOK_AFTER_MS = 100;

/** Serves with our limits from the first connection on. */
export function createBoundedServer(
  listener: RequestListener,
  { maxConnections = MAX_CONNECTIONS } = {},
): Server {
  const server = createServer(HTTP_LIMITS, (request, response) => {
    if (request.rawHeaders.length > 2 * MAX_HEADERS) answerProblem(response, 431);
    else listener(request, response);
  });
  server.maxConnections = maxConnections;
  makeRoomWhenCrowded(server, CROWDED * maxConnections);
  // None is left out: they are counted above, and their bytes are bounded.
  server.maxHeadersCount = 0;
  return server;
}

/** Closes the connections that wait for another request, again and again while too many are open. */
function makeRoomWhenCrowded(server: Server, crowdedAt: number): void {
  let isDue = false;
  const lookSoon = (): void => {
    if (isDue) return;
    isDue = true;
    setTimeout(look, LOOK_AFTER_MS).unref();
  };
  const look = (): void => {
    isDue = false;
    server.getConnections((_, open) => {
      if (open < crowdedAt) return;
      server.closeIdleConnections();
      lookSoon();
    });
  };
  server.on('connection', lookSoon).on('drop', lookSoon);
}

/** Answers a request that is not looked at any further. */
export function answerProblem(response: ServerResponse, status: number): void {
  response.writeHead(status, {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
  });
  response.end(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status }));
}
