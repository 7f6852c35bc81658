import { HttpException, HttpStatus, Injectable } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { TokenBuckets } from './token-buckets.js';

/** The phones of a whole carrier can share one address. */
const PER_CLIENT = { burst: 100, perSecond: 20 };
/** One page that asks each second, and its reload. */
const PER_INTENT = { burst: 10, perSecond: 1 };

/** How often the public may ask. */
@Injectable()
export class ShareStatusLimits {
  readonly #clients = new TokenBuckets(PER_CLIENT);
  readonly #intents = new TokenBuckets(PER_INTENT);

  /** @throws {HttpException} 429 */
  countClient(client: string, response: ServerResponse): void {
    refuseFor(this.#clients.take(client, performance.now()), response);
  }

  /** @throws {HttpException} 429 */
  countIntent(intentId: string, response: ServerResponse): void {
    refuseFor(this.#intents.take(intentId, performance.now()), response);
  }
}

/** @throws {HttpException} 429 when there is something to wait for */
export function refuseFor(waitSeconds: number, response: ServerResponse): void {
  if (waitSeconds > 0) throw tryLater(response, waitSeconds, HttpStatus.TOO_MANY_REQUESTS);
}

/** An answer that says when to ask again. */
export function tryLater(
  response: ServerResponse,
  waitSeconds: number,
  status: HttpStatus,
): HttpException {
  response.setHeader('Retry-After', waitSeconds);
  return new HttpException('too much at once: ask again later', status);
}
