import http from 'node:http';
import https from 'node:https';
import type { Resolve } from './bounded-lookups.js';
import { checkedLookup, resolveBySystem } from './checked-lookup.js';
import { AddressRefusedError } from './endpoint-errors.js';
import { urlFault } from './endpoint-url.js';
import type { Answer } from './judge-answer.js';
import type { NetworkPolicy } from './network-policy.js';

/** Idle connections are closed before most servers do it (Node after 5 s), so that few requests meet one that is closing. */
const AGENT = { keepAlive: true, timeout: 4_000, maxFreeSockets: 4 };
/** The answer's body says nothing to us; a short one is read so that the connection can be used again, a longer one is cut off. */
const MAX_BODY_BYTES = 16 * 1024;
const BODY_LIMIT_MS = 1_000;
const STALE_CONNECTION = ['ECONNRESET', 'EPIPE'];

/** A request as it goes out. */
export interface WebhookRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Calls endpoints: to checked addresses only, following no redirect, using no proxy of the environment and keeping nothing
 * of the answer but its status.
 */
export class WebhookSender {
  readonly #http = new http.Agent(AGENT);
  readonly #https = new https.Agent(AGENT);

  constructor(
    private readonly policy: NetworkPolicy,
    private readonly resolve: Resolve = resolveBySystem,
  ) {}

  /** @throws {AddressRefusedError} when the URL leads where calls may not go, or the connection's own error */
  async post(request: WebhookRequest, signal: AbortSignal): Promise<Answer> {
    // Node looks nothing up for an address, so it would pass the lookup by.
    if (urlFault(request.url.href, this.policy) !== undefined) throw new AddressRefusedError();
    return this.#attempt(request, signal, true);
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #attempt(
    { url, headers, body }: WebhookRequest,
    signal: AbortSignal,
    mayRepeat: boolean,
  ): Promise<Answer> {
    const isTls = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const request = (isTls ? https : http).request(url, {
        method: 'POST',
        headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
        agent: isTls ? this.#https : this.#http,
        lookup: checkedLookup(url, this.policy, this.resolve),
        signal,
      });
      let isAnswered = false;
      request.on('error', (error: NodeJS.ErrnoException) => {
        // Who has answered has the event: a connection that breaks in the body says nothing more.
        if (isAnswered) return;
        const isStale = request.reusedSocket && STALE_CONNECTION.includes(error.code ?? '');
        if (isStale && mayRepeat) resolve(this.#attempt({ url, headers, body }, signal, false));
        else reject(error);
      });
      request.on('response', (response) => {
        isAnswered = true;
        const answer = {
          statusCode: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'],
        };
        void readAway(response).then(() => {
          resolve(answer);
        });
      });
      // An answer of its own kind: without a listener the request would end without a word, even when the time is up.
      request.on('upgrade', ({ statusCode = 0 }, socket) => {
        socket.destroy();
        resolve({ statusCode, retryAfter: undefined });
      });
      request.end(body);
    });
  }
}

/** Until the body has ended or is cut off: it never decides. */
function readAway(response: http.IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const tooLong = setTimeout(() => response.destroy(), BODY_LIMIT_MS);
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) response.destroy();
    });
    response.on('error', () => undefined);
    response.on('close', () => {
      clearTimeout(tooLong);
      resolve();
    });
  });
}
