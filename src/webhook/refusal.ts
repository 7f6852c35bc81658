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
export function refuse(response: ServerResponse, refusal: Refusal, { close = false } = {}): false {
  const { status, title, headers = {} } = refusal;
  // The rest of a body that nobody wants is not waited for.
  response.writeHead(status, {
    'Content-Type': 'application/problem+json',
    ...headers,
    ...(close ? { Connection: 'close' } : {}),
  });
  response.end(JSON.stringify({ type: 'about:blank', status, title }));
  return false;
}
