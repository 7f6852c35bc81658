import {
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { IncomingMessage } from 'node:http';
import { Doorstep } from './doorstep.js';

/** The request as the platform hands it over: Express extends Node's, Fastify wraps it. */
export type PlatformRequest = IncomingMessage | { readonly raw: IncomingMessage };

export function nodeRequestOf(request: PlatformRequest): IncomingMessage {
  // Not by the presence of `raw`: on Express some middleware keeps the body under that name.
  return request instanceof IncomingMessage ? request : request.raw;
}

/** Lets through only what the doorstep has admitted; a request that came around it is refused. */
@Injectable()
export class KakaoAuthGuard implements CanActivate {
  constructor(private readonly doorstep: Doorstep) {}

  canActivate(context: ExecutionContext): boolean {
    const request = nodeRequestOf(context.switchToHttp().getRequest<PlatformRequest>());
    if (this.doorstep.arrivalOf(request) === undefined) throw new UnauthorizedException();
    return true;
  }
}
