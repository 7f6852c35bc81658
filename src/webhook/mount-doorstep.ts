import type { HttpServer } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { IncomingMessage } from 'node:http';
import type { DoorMount, RouteHandler } from './door-mount.js';
import type { Doorstep } from './doorstep.js';
import { mountOnExpress, type ExpressLike } from './mount-on-express.js';
import { mountOnFastify, type FastifyLike } from './mount-on-fastify.js';
import { parseTarget } from './request-target.js';

/** The application serves our controller nowhere, or somewhere that has no fixed path, so requests would arrive unjudged. */
export class WebhookPathError extends Error {
  readonly code = 'KAKAO_SHARE_WEBHOOK_PATH';
  override readonly name = 'WebhookPathError';
}

/**
 * Names the door that a handler belongs to. Nest hands a method's metadata on to the route that it registers, so our routes
 * are told from all others, whatever prefix or module path the application puts before them.
 */
export const Door = Reflector.createDecorator<symbol>();

/**
 * Puts the doorstep in front of everything else that the application does with a request. To be mounted as soon as there is an
 * HTTP adapter: before the application registers its body parsers.
 */
export class DoorstepMount {
  #findPaths: (() => string[]) | undefined;
  #servedPaths = new Set<string>();

  constructor(
    private readonly door: symbol,
    private readonly doorstep: Doorstep,
  ) {}

  /** @param adapter null in an application without HTTP: a command, a worker, a microservice */
  mount(adapter: HttpServer | null): void {
    if (adapter === null) return;
    const isOurs = (request: IncomingMessage): boolean => this.#isOurs(request);
    const isOwnHandler = (handler: RouteHandler): boolean =>
      new Reflector().get(Door, handler) === this.door;
    const door: DoorMount = { doorstep: this.doorstep, isOurs, isOwnHandler };
    this.#findPaths =
      adapter.getType() === 'fastify'
        ? mountOnFastify(adapter.getInstance() as FastifyLike, door)
        : mountOnExpress(adapter.getInstance() as ExpressLike, door);
  }

  /**
   * Finds out where the application serves our routes, once they are registered.
   * @throws {WebhookPathError} when that is nowhere, or on a path with parameters
   */
  resolvePath(): void {
    if (this.#findPaths === undefined) return;
    const paths = this.#findPaths();
    if (paths.length === 0) {
      throw new WebhookPathError(
        'The application serves no route of WebhookModule: does another controller have its path?',
      );
    }
    const moving = paths.find((path) => /[:*{}()]/.test(path));
    if (moving !== undefined) {
      throw new WebhookPathError(
        `WebhookModule is served at "${moving}", but Kakao calls one fixed path: leave parameters out of path and prefix.`,
      );
    }
    this.#servedPaths = new Set(paths.map((path) => path.toLowerCase()));
  }

  /** Kakao follows no redirect, so a trailing slash is the same door; and routers do not mind the case of letters. */
  #isOurs(request: IncomingMessage): boolean {
    const { path } = parseTarget(request.url);
    return this.#servedPaths.has(path.replace(/\/$/, '').toLowerCase());
  }
}
