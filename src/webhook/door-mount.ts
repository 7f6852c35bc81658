import type { IncomingMessage } from 'node:http';
import type { Doorstep } from './doorstep.js';

/** A route's handler, as the platform keeps it. */
export type RouteHandler = (...args: never[]) => unknown;

/** What a platform needs to know in order to send the right requests over the doorstep. */
export interface DoorMount {
  readonly doorstep: Doorstep;
  readonly isOurs: (request: IncomingMessage) => boolean;
  readonly isOwnHandler: (handler: RouteHandler) => boolean;
}
