import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DoorMount, RouteHandler } from './door-mount.js';

/** What we use of an Express application. */
export interface ExpressLike {
  use(
    handler: (
      request: IncomingMessage,
      response: ServerResponse,
      next: (error?: unknown) => void,
    ) => void,
  ): void;
  readonly router: {
    readonly stack: readonly {
      readonly route?: {
        readonly path: unknown;
        readonly stack: readonly { readonly handle: RouteHandler }[];
      };
    }[];
  };
}

/** Sends our requests over the doorstep first; gives back how to find out which they are. */
export function mountOnExpress(app: ExpressLike, door: DoorMount): () => string[] {
  app.use((request, response, next) => {
    if (!door.isOurs(request)) {
      next();
      return;
    }
    door.doorstep.admit(request, response).then((admitted) => {
      if (admitted) next();
    }, next);
  });
  return () =>
    app.router.stack.flatMap(({ route }) => {
      const isOwn = route?.stack.some(({ handle }) => door.isOwnHandler(handle)) === true;
      return isOwn && typeof route.path === 'string' ? [route.path] : [];
    });
}
