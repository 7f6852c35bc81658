import type { StatusOrigins } from '../config/status-origins.js';

const LOCAL_HOST = /^(localhost|.+\.localhost|127\.0\.0\.1|\[::1\])$/;

/** Whether a page of this origin may read answers. Compared exactly: a browser writes each origin in one way. */
export function isAllowedOrigin(origin: string, allowed: StatusOrigins): boolean {
  if (allowed !== 'localhost') return allowed.includes(origin);
  return /^https?:\/\//.test(origin) && URL.canParse(origin)
    ? LOCAL_HOST.test(new URL(origin).hostname)
    : false;
}
