import { ForbiddenException } from '@nestjs/common';
import type { Caller } from './caller.js';

/** For what concerns every app at once. */
export function refuseOfSomeApps({ apps }: Caller): void {
  if (apps !== undefined) throw new ForbiddenException('a caller for all apps is needed');
}
