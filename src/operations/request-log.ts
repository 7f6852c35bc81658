import { pinoHttp, type HttpLogger } from 'pino-http';
import type { Logger } from 'pino';

/** Our longest path has half of that; a longer one is somebody else's, who shall not fill the log. */
const MAX_PATH_CHARS = 200;

/** Logs each request by method and path alone: a query string may name a user, a header may hold a key. */
export function createRequestLog(logger: Logger): HttpLogger {
  return pinoHttp({
    logger,
    quietReqLogger: true,
    serializers: {
      req: (request: { method: string; url: string }) => ({
        method: request.method,
        path: pathOf(request.url),
      }),
      res: (response: { statusCode: number }) => ({ status: response.statusCode }),
      err: () => undefined,
    },
    // Kakao's webhooks come by the thousand and each has its row; what went wrong is what one looks for.
    customLogLevel: (_, response) => {
      if (response.statusCode >= 500) return 'error';
      return response.statusCode >= 400 ? 'warn' : 'debug';
    },
    customSuccessMessage: () => 'request',
    customErrorMessage: () => 'request',
  });
}

/**
 * Without host, query and fragment, and with what names a user, or could be an intent's token, left out. Escapes of ASCII are undone first, however often they
 * were escaped: `%75sers` is read as `users`. Nothing here can fail on a malformed one. Routers do not mind the case of letters.
 */
function pathOf(url: string): string {
  const path = url
    .replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '')
    .replace(/%(?:25)*([2-7][\da-f])/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/[?#].*/s, '')
    .replace(/(\/(?:users|share-status)\/).+/is, '$1…');
  return path.length > MAX_PATH_CHARS ? `${path.slice(0, MAX_PATH_CHARS - 1)}…` : path;
}
