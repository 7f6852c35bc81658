import {
  BadRequestException,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';

/** Deeper than anything we take; validation walks a body by recursion, and a hostile one could exhaust the stack. */
const MAX_NESTING = 20;

/** Stands before validation: turns away bodies that are nested beyond reason. */
@Injectable()
export class BoundedBodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { body } = context.switchToHttp().getRequest<{ body?: unknown }>();
    if (isDeeper(body, MAX_NESTING))
      throw new BadRequestException([`the body: is nested more than ${MAX_NESTING} deep`]);
    return true;
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1));
}
