import { BadRequestException } from '@nestjs/common';
import type { Caller } from './caller.js';

/** The Kakao apps that have a key in force at this moment. */
export interface ConfiguredApps {
  readonly apps: readonly string[];
}

export const CONFIGURED_APPS = Symbol('configured apps');

/** The app that something is created for: one that is configured and the caller's; needs no name where there is only one. */
export function ownApp(
  asked: string | undefined,
  configured: ConfiguredApps,
  { apps }: Caller,
): string {
  const own = configured.apps.filter((app) => apps?.includes(app) !== false);
  const [only, another] = own;
  const app = asked ?? (another === undefined ? only : undefined);
  if (app === undefined)
    throw new BadRequestException([`app: is needed, ${own.length} apps are yours`]);
  if (!own.includes(app))
    throw new BadRequestException(['app: must be a configured app, and one of yours']);
  return app;
}
