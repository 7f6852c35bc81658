import type { HttpServer } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Doorstep } from './doorstep.js';

/** The application serves our controller somewhere that we cannot see, so requests would arrive unjudged. */
export class WebhookPathError extends Error {
  readonly code = 'KAKAO_SHARE_WEBHOOK_PATH';
  override readonly name = 'WebhookPathError';
}

interface ExpressLike {
  use(
    handler: (
      request: IncomingMessage,
      response: ServerResponse,
      next: (error?: unknown) => void,
    ) => void,
  ): void;
  readonly router: { readonly stack: readonly { readonly route?: { readonly path: unknown } }[] };
}

interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (
      request: { raw: IncomingMessage },
      reply: { raw: ServerResponse; hijack(): void },
      done: (error?: Error) => void,
    ) => void,
  ): void;
  addHook(name: 'onRoute', hook: (route: { url: string }) => void): void;
}

/**
 * Puts the doorstep in front of everything else that the application does with a request. To be mounted as soon as there is an
 * HTTP adapter: before the application registers its body parsers.
 */
export class DoorstepMount {
  #fullPath: string | undefined;
  #routes: () => string[] = () => [];

  constructor(
    private readonly path: string,
    private readonly doorstep: Doorstep,
  ) {}

  mount(adapter: HttpServer): void {
    if (adapter.getType() === 'fastify') this.#mountOnFastify(adapter.getInstance() as FastifyLike);
    else this.#mountOnExpress(adapter.getInstance() as ExpressLike);
  }

  /**
   * Finds out under which prefix the application serves our path, once its routes are registered.
   * @throws {WebhookPathError} when no route of ours is there
   */
  resolvePath(): void {
    // A global prefix lengthens every route alike, so the shortest one that ends in our path is ours.
    const [shortest] = this.#routes()
      .filter((route) => route === `/${this.path}` || route.endsWith(`/${this.path}`))
      .sort((a, b) => a.length - b.length);
    if (shortest === undefined) {
      throw new WebhookPathError(
        `No route ends in "/${this.path}": give WebhookModule the path as the application serves it.`,
      );
    }
    this.#fullPath = shortest;
  }

  #mountOnExpress(app: ExpressLike): void {
    this.#routes = () =>
      app.router.stack.flatMap(({ route }) =>
        typeof route?.path === 'string' ? [route.path] : [],
      );
    app.use((request, response, next) => {
      if (!this.#isOurs(request)) {
        next();
        return;
      }
      this.doorstep.admit(request, response).then((admitted) => {
        if (admitted) next();
      }, next);
    });
  }

  #mountOnFastify(app: FastifyLike): void {
    const routes = new Set<string>();
    this.#routes = () => [...routes];
    app.addHook('onRoute', ({ url }) => routes.add(url));
    app.addHook('onRequest', (request, reply, done) => {
      if (!this.#isOurs(request.raw)) {
        done();
        return;
      }
      this.doorstep.admit(request.raw, reply.raw).then((admitted) => {
        if (admitted) done();
        else reply.hijack();
      }, done);
    });
  }

  /** Kakao follows no redirect, so a trailing slash is the same door; and routers do not mind the case of letters. */
  #isOurs(request: IncomingMessage): boolean {
    if (this.#fullPath === undefined) return false;
    const path = (request.url ?? '').split('?', 1)[0]?.replace(/\/$/, '');
    return path?.toLowerCase() === this.#fullPath.toLowerCase();
  }
}
