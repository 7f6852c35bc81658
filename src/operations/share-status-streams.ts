import {
  HttpStatus,
  Injectable,
  Logger,
  NotFoundException,
  Optional,
  type BeforeApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { IntentStatusReader } from '../intents/intent-status-reader.js';
import { BackgroundLoop } from '../lifecycle/background-loop.js';
import { Readiness } from './readiness.js';
import { tryLater } from './share-status-limits.js';
import { ShareStatusStream, type StreamTimes } from './share-status-stream.js';

export interface StreamBounds extends StreamTimes {
  readonly maxStreams: number;
  readonly maxPerIntent: number;
  readonly maxPerClient: number;
  readonly pollMs: number;
}

export const STREAM_BOUNDS: StreamBounds = {
  // Each holds a connection and some memory; one query a second asks for all of them.
  maxStreams: 200,
  // A page, and the same one reloaded before the first has gone.
  maxPerIntent: 2,
  maxPerClient: 10,
  // Proxies give up on silence after 30 to 60 s.
  heartbeatMs: 15_000,
  // Who shares does it within a minute, or comes back later.
  limitMs: 60_000,
  pollMs: 1_000,
};
const RETRY_SECONDS = 10;
const IDLE_MS = 2 ** 31 - 1;
const STOP_LIMIT_MS = 3_000;

/** All pages that listen, kept up to date by one loop that asks the database once for all of them. */
@Injectable()
export class ShareStatusStreams implements OnModuleInit, BeforeApplicationShutdown {
  readonly #streams = new Set<ShareStatusStream>();
  #isIdle = true;
  readonly #loop = new BackgroundLoop(
    'reading how shares go',
    () => this.#tellAll(),
    new Logger('ShareStatus'),
  );

  constructor(
    private readonly reader: IntentStatusReader,
    private readonly readiness: Readiness,
    @Optional() private readonly bounds: StreamBounds = STREAM_BOUNDS,
  ) {
    // Finishing requests must not wait for pages that would listen for a minute.
    readiness.onDrain(() => {
      this.#closeAll();
    });
  }

  onModuleInit(): void {
    this.#loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#closeAll();
    await this.#loop.stop(STOP_LIMIT_MS);
  }

  /** @throws {HttpException} 503 or 429 when too many listen, 404 when there is no such intent */
  async open(intentId: string, client: string, response: ServerResponse): Promise<void> {
    const refusal = this.#refusalOf(intentId, client);
    if (refusal !== undefined) throw tryLater(response, RETRY_SECONDS, refusal);
    const stream = new ShareStatusStream(intentId, client, response, () => {
      this.#streams.delete(stream);
    });
    this.#streams.add(stream);
    const facts = await this.reader.read(intentId);
    if (facts === undefined) throw new NotFoundException('no such intent');
    if (this.readiness.isDraining) {
      throw tryLater(response, RETRY_SECONDS, HttpStatus.SERVICE_UNAVAILABLE);
    }
    stream.begin(facts, this.bounds);
    if (this.#isIdle) this.#loop.wake();
    this.#isIdle = false;
  }

  #refusalOf(intentId: string, client: string): HttpStatus | undefined {
    const { maxStreams, maxPerIntent, maxPerClient } = this.bounds;
    if (this.readiness.isDraining || this.#streams.size >= maxStreams)
      return HttpStatus.SERVICE_UNAVAILABLE;
    const count = (isLike: (stream: ShareStatusStream) => boolean): number =>
      [...this.#streams].filter(isLike).length;
    const isCrowded =
      count((stream) => stream.intentId === intentId) >= maxPerIntent ||
      count((stream) => stream.client === client) >= maxPerClient;
    return isCrowded ? HttpStatus.TOO_MANY_REQUESTS : undefined;
  }

  async #tellAll(): Promise<number> {
    const streams = [...this.#streams];
    this.#isIdle = streams.length === 0;
    if (this.#isIdle) return IDLE_MS;
    await Promise.all(
      streams.map(async (stream) => {
        const facts = await this.reader.read(stream.intentId);
        if (facts !== undefined) stream.tell(facts);
      }),
    );
    return this.bounds.pollMs;
  }

  #closeAll(): void {
    for (const stream of this.#streams) stream.close();
  }
}
