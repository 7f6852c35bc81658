import { createHash } from 'node:crypto';

const KEY = /^[\x21-\x7e]{1,200}$/;

/** What a caller's key must be, in words. */
export const IDEMPOTENCY_KEY = '1 to 200 visible characters of ASCII';

/** A key under which a caller may repeat a request without it happening twice. */
export function isIdempotencyKey(value: unknown): value is string {
  return typeof value === 'string' && KEY.test(value);
}

/** What is kept of a key: enough to know it again, without whatever its caller wrote into it. */
export function digestOfKey(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}
