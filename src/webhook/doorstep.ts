import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KakaoKeyRing, KeyHolder } from '../kakao/key-ring.js';
import { RESOURCE_ID_HEADER } from '../kakao/resource-id.js';
import { readBody, type BodyFault } from './read-body.js';

/** A webhook that Kakao sent, as bytes: proven by its key, not looked at any further. */
export interface Arrival extends KeyHolder {
  readonly receivedAt: Date;
  readonly method: string;
  /** Every value that the resource id's header was sent with. */
  readonly resourceIds: readonly string[] | undefined;
  /** Worth keeping; never Authorization. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Buffer;
  readonly body: Buffer;
}

/** Kakao's whole attachment stays under 10 KiB; six times that is surely not Kakao. */
const MAX_BODY_BYTES = 64 * 1024;
/** Kakao gives up after 3 s, so a body that takes longer is nobody's. */
const BODY_TIMEOUT_MS = 2_000;
const KEPT_HEADERS = [
  'content-type',
  'content-encoding',
  'user-agent',
  RESOURCE_ID_HEADER,
] as const;
const MAX_KEPT_HEADER_CHARS = 1_024;
const BODY_HEADERS = [
  'content-type',
  'content-encoding',
  'content-length',
  'transfer-encoding',
] as const;

interface Refusal {
  readonly status: number;
  readonly title: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const NOT_ALLOWED: Refusal = {
  status: 405,
  title: 'Kakao sends GET or POST',
  headers: { Allow: 'GET, POST' },
};
const UNAUTHORIZED: Refusal = {
  status: 401,
  title: 'Authorization must be "KakaoAK" and an admin key of a configured app',
  headers: { 'WWW-Authenticate': 'KakaoAK' },
};
const BODY_REFUSALS: Readonly<Record<BodyFault, Refusal>> = {
  'too-large': { status: 413, title: `The body may have ${MAX_BODY_BYTES} bytes` },
  'too-slow': { status: 408, title: `The body must arrive within ${BODY_TIMEOUT_MS} ms` },
  'broken-off': { status: 400, title: 'The request broke off' },
};

/**
 * Stands before the host's parsers, pipes and guards, on our path alone: judges method and key before a byte of the body is
 * read, then takes the body as bytes. What passes goes on to the controller as a request without a body.
 */
export class Doorstep {
  readonly #arrivals = new WeakMap<IncomingMessage, Arrival>();

  constructor(private readonly keyRing: KakaoKeyRing) {}

  /** Resolves to true when the request may go on, to false when it has been answered here. */
  async admit(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const receivedAt = new Date();
    const { method = '' } = request;
    if (method !== 'GET' && method !== 'POST') return refuse(response, NOT_ALLOWED);
    const holder = this.keyRing.identify(onlyValue(request.headersDistinct.authorization));
    if (holder === undefined) return refuse(response, UNAUTHORIZED);
    const body = await readBody(request, MAX_BODY_BYTES, BODY_TIMEOUT_MS);
    if (!Buffer.isBuffer(body)) return refuse(response, BODY_REFUSALS[body], { close: true });
    this.#arrivals.set(request, {
      ...holder,
      receivedAt,
      method,
      resourceIds: request.headersDistinct[RESOURCE_ID_HEADER],
      headers: keptHeaders(request),
      query: Buffer.from(/\?(.*)$/s.exec(request.url ?? '')?.[1] ?? '', 'latin1'),
      body,
    });
    // The body is taken: whatever parser comes next finds a request that has none.
    for (const name of BODY_HEADERS) Reflect.deleteProperty(request.headers, name);
    return true;
  }

  /** What was admitted, or undefined for a request that did not come over this doorstep. */
  arrivalOf(request: IncomingMessage): Arrival | undefined {
    return this.#arrivals.get(request);
  }
}

/** Two `Authorization` headers are nobody's: which one counted would be a matter of taste. */
function onlyValue(values: readonly string[] | undefined): string | undefined {
  return values?.length === 1 ? values[0] : undefined;
}

function keptHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = request.headersDistinct[name]?.join(', ');
      return value === undefined ? [] : [[name, value.slice(0, MAX_KEPT_HEADER_CHARS)]];
    }),
  );
}

function refuse(response: ServerResponse, refusal: Refusal, { close = false } = {}): false {
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
