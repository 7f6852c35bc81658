import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DoorMount, RouteHandler } from './door-mount.js';

interface FastifyRoute {
  readonly method: string | string[];
  readonly url: string;
  readonly handler: RouteHandler;
}

/** What we use of a Fastify application. */
export interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (
      request: { raw: IncomingMessage },
      reply: { raw: ServerResponse; hijack(): void },
      done: (error?: Error) => void,
    ) => void,
  ): void;
  addHook(name: 'onRoute', hook: (route: FastifyRoute) => void): void;
  route(route: FastifyRoute): void;
  readonly initialConfig: {
    readonly ignoreTrailingSlash?: boolean;
    readonly routerOptions?: { readonly ignoreTrailingSlash?: boolean };
  };
}

/** Sends our requests over the doorstep first; gives back how to find out which they are. */
export function mountOnFastify(app: FastifyLike, door: DoorMount): () => string[] {
  const routes: FastifyRoute[] = [];
  app.addHook('onRoute', ({ method, url, handler }) => {
    // Fastify adds a HEAD route to each GET by itself; the doorstep answers HEAD.
    if (method !== 'HEAD' && door.isOwnHandler(handler)) routes.push({ method, url, handler });
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (!door.isOurs(request.raw)) {
      done();
      return;
    }
    door.doorstep.admit(request.raw, reply.raw).then((admitted) => {
      if (admitted) done();
      else reply.hijack();
    }, done);
  });
  return () => {
    const paths = routes.map(({ url }) => url);
    if (!ignoresTrailingSlash(app)) serveWithTrailingSlash(app, [...routes]);
    return paths;
  };
}

function ignoresTrailingSlash({ initialConfig }: FastifyLike): boolean {
  return (
    initialConfig.ignoreTrailingSlash === true ||
    initialConfig.routerOptions?.ignoreTrailingSlash === true
  );
}

/** Fastify takes a path with a trailing slash for another one, and Nest cuts the slash off what a controller names. */
function serveWithTrailingSlash(app: FastifyLike, routes: readonly FastifyRoute[]): void {
  for (const route of routes) app.route({ ...route, url: `${route.url}/` });
}
