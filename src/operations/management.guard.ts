import {
  createParamDecorator,
  ForbiddenException,
  Injectable,
  SetMetadata,
  UnauthorizedException,
  UnsupportedMediaTypeException,
  type CanActivate,
  type CustomDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Scope } from '../config/api-tokens.js';
import { CallerRegistry, type Caller } from './caller.js';
import { ManagementLimits } from './management-limits.js';
import { refuseFor } from './share-status-limits.js';
import { clientOf, type PublicRequest } from './share-status.guard.js';

const SCOPE = 'kakao-share:scope';
const callers = new WeakMap<IncomingMessage, Caller>();

/** What a caller needs one of to be allowed; a route without it is closed to everybody. */
export const RequireScope = (...scopes: readonly Scope[]): CustomDecorator =>
  SetMetadata(SCOPE, scopes);

/** The caller that the guard let in. */
export const CurrentCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext): Caller => {
    const caller = callers.get(context.switchToHttp().getRequest<IncomingMessage>());
    if (caller === undefined) throw new UnauthorizedException();
    return caller;
  },
);

/** Lets callers in by bearer token and scope. */
@Injectable()
export class ManagementGuard implements CanActivate {
  constructor(
    private readonly registry: CallerRegistry,
    private readonly reflector: Reflector,
    private readonly limits: ManagementLimits,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const request = http.getRequest<PublicRequest>();
    const caller = this.#identify(request, http.getResponse<ServerResponse>());
    const scopes =
      this.reflector.getAllAndOverride<readonly Scope[] | undefined>(SCOPE, [
        context.getHandler(),
        context.getClass(),
      ]) ?? [];
    if (!scopes.some((scope) => caller.scopes.includes(scope))) {
      const named = scopes.map((scope) => `"${scope}"`).join(' or ');
      throw new ForbiddenException(`the scope ${named || '"none"'} is needed`);
    }
    refuseOtherThanJson(request);
    callers.set(request, caller);
    return true;
  }

  /** A request without a token guesses none, and is not counted. */
  #identify(request: PublicRequest, response: ServerResponse): Caller {
    const { authorization } = request.headers;
    const unknown = new UnauthorizedException('a bearer token of a known caller is needed');
    if (authorization === undefined) throw unknown;
    const [network, nowMs] = [clientOf(request), performance.now()];
    const caller = this.registry.identify(authorization);
    refuseFor(this.limits.waitToBeJudged(network, caller?.name, nowMs), response);
    if (caller === undefined) {
      this.limits.countWrongToken(network, nowMs);
      throw unknown;
    }
    refuseFor(this.limits.admit(network, caller.name, nowMs), response);
    return caller;
  }
}

/** Without its header a body is taken for a form, and every field for one that is not known. */
function refuseOtherThanJson({ method, headers }: IncomingMessage): void {
  const hasBody = Number(headers['content-length'] ?? 0) > 0 || 'transfer-encoding' in headers;
  if (method === 'GET' || !hasBody) return;
  const mediaType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json')
    throw new UnsupportedMediaTypeException('send Content-Type: application/json');
}
