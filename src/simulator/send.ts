import * as http from 'node:http';
import * as https from 'node:https';
import { performance } from 'node:perf_hooks';
import { urlToHttpOptions } from 'node:url';

import type { PreparedRequest } from './share-request.js';

/** Kakao waits so long for a 2xx. Source: Kakao Talk Share webhook, "Response". */
export const KAKAO_LIMIT_MS = 3000;

/** Our answers are a few hundred bytes; a server that streams for ever must not fill the memory. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Under Node's default keep-alive of 5 s: a socket that the server is about to close is not used again. */
const IDLE_SOCKET_MS = 4000;

export interface Answer {
  readonly outcome: 'answered' | 'timeout' | 'failed';
  /** 0 unless answered. */
  readonly status: number;
  /** At most 64 KiB of it. */
  readonly body: string;
  readonly headers: http.IncomingHttpHeaders;
  /** From the first byte sent to the last byte received, or until given up. */
  readonly latencyMs: number;
  /** Why it failed, e.g. `ECONNREFUSED`. */
  readonly errorCode?: string;
}

export interface SenderOptions {
  /** Default {@link KAKAO_LIMIT_MS}. */
  readonly limitMs?: number;
  /** At most so many connections; a request beyond them would wait, on its own time. Default 64. */
  readonly maxSockets?: number;
}

/** Sends as Kakao does: once, bytes as prepared, no redirect followed, nothing waited for beyond the limit. */
export class Sender {
  readonly limitMs: number;
  readonly #agents: { readonly http: http.Agent; readonly https: https.Agent };

  constructor({ limitMs = KAKAO_LIMIT_MS, maxSockets = 64 }: SenderOptions = {}) {
    const settings = { keepAlive: true, maxSockets, timeout: IDLE_SOCKET_MS };
    this.limitMs = limitMs;
    this.#agents = { http: new http.Agent(settings), https: new https.Agent(settings) };
  }

  /** Never rejects for anything that the network or the server does. */
  send(prepared: PreparedRequest): Promise<Answer> {
    return new Promise((resolve) => {
      const startedAt = performance.now();
      const request = this.#open(prepared);
      const finish = (answer: Pick<Answer, 'outcome'> & Partial<Answer>): void => {
        clearTimeout(timer);
        const latencyMs = performance.now() - startedAt;
        resolve({ status: 0, body: '', headers: {}, latencyMs, ...answer });
      };
      const fail = (error: NodeJS.ErrnoException): void => {
        finish({ outcome: 'failed', errorCode: error.code ?? error.name });
      };
      const timer = setTimeout(() => {
        finish({ outcome: 'timeout' });
        request.destroy();
      }, this.limitMs);
      request.on('error', fail);
      request.on('response', (response) => {
        response.on('error', fail);
        collectBody(response, (body) => {
          const { statusCode: status = 0, headers } = response;
          finish({ outcome: 'answered', status, body, headers });
        });
      });
      request.end(prepared.body);
    });
  }

  /** Closes the idle connections. */
  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  #open({ url, method, headers }: PreparedRequest): http.ClientRequest {
    const options = {
      ...urlToHttpOptions(new URL(url)),
      path: requestTarget(url),
      method,
      headers: headers as http.OutgoingHttpHeaders,
    };
    return options.protocol === 'https:'
      ? https.request({ ...options, agent: this.#agents.https })
      : http.request({ ...options, agent: this.#agents.http });
  }
}

/** Path and query as written: a parsed URL would escape some characters anew. */
function requestTarget(url: string): string {
  const target = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/#.*$/, '');
  return target.startsWith('/') ? target : `/${target}`;
}

function collectBody(response: http.IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    if (bytes < MAX_ANSWER_BYTES) chunks.push(chunk.subarray(0, MAX_ANSWER_BYTES - bytes));
    bytes += chunk.length;
  });
  response.on('end', () => {
    done(Buffer.concat(chunks).toString('utf8'));
  });
}
