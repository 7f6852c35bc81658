import { DEFAULT_PATH } from './webhook/webhook-options.js';
import { parseTarget } from './webhook/request-target.js';

const WEBHOOK_PATH = `/${DEFAULT_PATH}`;
/** What strangers may reach where operations have a port of their own: Kakao, pages, and whoever balances the load. */
const PUBLIC_PATHS: readonly string[] = [
  WEBHOOK_PATH,
  '/share-status',
  '/health/live',
  '/health/ready',
];

/**
 * The target as the router is to see it, or undefined where it is not for the public. What is allowed is listed, and written anew
 * from that list: so a target that routers read otherwise than we do (`//v1`, `http://a\v1/share-status`) leads nowhere else.
 */
export function publicTarget(target: string | undefined): string | undefined {
  const { path, query } = parseTarget(target);
  const plain = plainPath(path);
  if (!PUBLIC_PATHS.includes(plain)) return undefined;
  return query === '' ? plain : `${plain}?${query}`;
}

export function isWebhookTarget(target: string | undefined): boolean {
  return plainPath(parseTarget(target).path) === WEBHOOK_PATH;
}

/** Routers mind neither the case of letters nor a slash at the end. */
function plainPath(path: string): string {
  return path.replace(/\/$/, '').toLowerCase();
}
