import {
  BadRequestException,
  Inject,
  Injectable,
  Logger,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StatusOrigins } from '../config/status-origins.js';
import { clientNetwork } from './client-network.js';
import { ShareStatusLimits } from './share-status-limits.js';
import { isAllowedOrigin } from './share-status-origins.js';

export const STATUS_ORIGINS = Symbol('kakao-share:status-origins');

/** A request as Express has it: `ip` looks through as many proxies as are trusted. */
export type PublicRequest = IncomingMessage & { readonly ip?: string };

const PREFLIGHT = {
  'Access-Control-Allow-Methods': 'GET, POST',
  'Access-Control-Allow-Headers': 'Content-Type, X-Share-Intent',
  'Access-Control-Max-Age': '600',
};

/**
 * Stands before the public status route, and before validation, so that a page can read its refusals too: says whose pages may
 * read answers, lets nobody keep them, takes no query and counts per client.
 */
@Injectable()
export class ShareStatusGuard implements CanActivate {
  #toldOfProxy = false;

  constructor(
    private readonly limits: ShareStatusLimits,
    @Inject(STATUS_ORIGINS) private readonly origins: StatusOrigins,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const request = http.getRequest<PublicRequest>();
    const response = http.getResponse<ServerResponse>();
    this.#setHeaders(request, response);
    if (request.method === 'OPTIONS') return true;
    this.#tellOfProxy(request);
    this.limits.countClient(clientOf(request), response);
    // URLs end in histories, logs and referrers.
    if (request.url?.includes('?') === true)
      throw new BadRequestException(
        'a query is not taken: send the token as X-Share-Intent, or in the body of a POST',
      );
    return true;
  }

  /** Once, since anybody can send such a header. */
  #tellOfProxy({ headers, ip, socket }: PublicRequest): void {
    if (this.#toldOfProxy || headers['x-forwarded-for'] === undefined) return;
    if (ip !== socket.remoteAddress) return;
    this.#toldOfProxy = true;
    new Logger('ShareStatus').warn(
      'A page asks through a proxy that is not trusted, so all clients behind it are limited as one: set TRUSTED_PROXIES.',
    );
  }

  #setHeaders({ method, headers }: IncomingMessage, response: ServerResponse): void {
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Vary', 'Origin');
    const { origin } = headers;
    if (origin === undefined || !isAllowedOrigin(origin, this.origins)) return;
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Access-Control-Expose-Headers', 'Retry-After');
    if (method !== 'OPTIONS') return;
    for (const [name, value] of Object.entries(PREFLIGHT)) response.setHeader(name, value);
  }
}

export function clientOf(request: PublicRequest): string {
  return clientNetwork(request.ip ?? request.socket.remoteAddress ?? '');
}
