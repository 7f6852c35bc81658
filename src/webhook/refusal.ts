import type { ServerResponse } from 'node:http';
import { BODY_TIMEOUT_MS, MAX_BODY_BYTES, type BodyFault } from './read-body.js';

/** How the doorstep turns a request away. */
export interface Refusal {
  readonly status: number;
  readonly title: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const NOT_ALLOWED: Refusal = {
  status: 405,
  title: 'Kakao sends GET or POST',
  headers: { Allow: 'GET, POST' },
};
export const FOREIGN: Refusal = {
  status: 403,
  title: 'Webhooks are not taken from this address',
};
export const UNAUTHORIZED: Refusal = {
  status: 401,
  title: 'Authorization must be "KakaoAK" and an admin key of a configured app',
  headers: { 'WWW-Authenticate': 'KakaoAK' },
};
export const BODY_REFUSALS: Readonly<Record<Exclude<BodyFault, 'read-before'>, Refusal>> = {
  'too-large': { status: 413, title: `The body may have ${MAX_BODY_BYTES} bytes` },
  'too-slow': { status: 408, title: `The body must arrive within ${BODY_TIMEOUT_MS} ms` },
  'broken-off': { status: 400, title: 'The request broke off' },
};

/** Answers a request that goes no further. */
export function refuse(
  response: ServerResponse,
  refusal: Refusal,
  how?: { close: boolean },
): false {
  writeRefusal(response, refusal, how);
  response.end();
  return false;
}

/** Writes the whole answer and leaves the exchange open: to the client it is complete. */
export function writeRefusal(
  response: ServerResponse,
  refusal: Refusal,
  { close = false } = {},
): void {
  const { status, title, headers = {} } = refusal;
  const body = JSON.stringify({ type: 'about:blank', status, title });
  response.writeHead(status, {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
    // The rest of a body that nobody wants is not waited for.
    ...(close ? { Connection: 'close' } : {}),
  });
  response.write(body);
}
