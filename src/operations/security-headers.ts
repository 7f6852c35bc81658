import helmet from 'helmet';
import type { IncomingMessage, ServerResponse } from 'node:http';

type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

const NOWHERE = ["'none'"];
const HERE = ["'self'"];
/** Whoever terminates TLS decides for the whole host, and its other services, that it is never called without. */
const COMMON = { strictTransportSecurity: false, xFrameOptions: { action: 'deny' } } as const;

/** An answer to a program: should a browser show it, it loads nothing, runs nothing and is framed by nobody. */
const forData = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: NOWHERE, frameAncestors: NOWHERE },
  },
  ...COMMON,
});

/** A page of ours: its own scripts and styles, from here alone. */
const forPages = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      ...{ defaultSrc: NOWHERE, baseUri: NOWHERE, formAction: NOWHERE, frameAncestors: NOWHERE },
      ...{ scriptSrc: HERE, styleSrc: HERE, connectSrc: HERE, fontSrc: HERE },
      imgSrc: [...HERE, 'data:'],
    },
  },
  ...COMMON,
});

const PAGES = /^\/(docs|console)(?![\w-])/i;

/**
 * Headers of every answer but the webhook's, which the doorstep gives out first: what is told here is for nobody to keep. Of a
 * webhook Kakao reads the status alone, and they would double its bytes.
 */
export function securityHeaders(isWebhook: (target: string | undefined) => boolean): Handler {
  return (request, response, next) => {
    if (isWebhook(request.url)) {
      next();
      return;
    }
    response.setHeader('Cache-Control', 'no-store');
    (PAGES.test(request.url ?? '') ? forPages : forData)(request, response, next);
  };
}
