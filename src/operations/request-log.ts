import { pinoHttp, type HttpLogger } from 'pino-http';
import type { Logger } from 'pino';

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

/** Without the query, and with what names a user left out; routers do not mind the case of letters. */
function pathOf(url: string): string {
  return (url.split('?', 1)[0] ?? '').replace(/(\/users\/).+/i, '$1…');
}
