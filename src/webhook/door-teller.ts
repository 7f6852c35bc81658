import { Logger } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import type { DoorObserver, DoorStanding } from './door-observer.js';

/** Tells an observer what the door does, if there is one, and keeps its faults from the webhooks. */
export class DoorTeller {
  readonly #logger = new Logger('DoorObserver');
  /** Answers that were whole before their exchange had ended. */
  readonly #wholeAtMs = new WeakMap<ServerResponse, number>();
  readonly #genuine = new WeakSet<ServerResponse>();
  #hasFailed = false;

  constructor(private readonly observer: DoorObserver | undefined) {}

  opened(standing: () => DoorStanding): void {
    this.#tell(() => {
      this.observer?.opened?.(standing);
    });
  }

  /** Tells of this request once it has its answer. */
  follow(response: ServerResponse): void {
    const { observer } = this;
    if (observer === undefined) return;
    const startedAtMs = performance.now();
    // Comes after the last byte as well as when the sender hangs up.
    response.once('close', () => {
      const wholeAtMs = this.#wholeAtMs.get(response);
      const isAnswered = response.writableFinished || wholeAtMs !== undefined;
      const tookMs = (wholeAtMs ?? performance.now()) - startedAtMs;
      this.#tell(() => {
        const status = isAnswered ? response.statusCode : undefined;
        observer.answered(status, tookMs, this.#genuine.has(response));
      });
    });
  }

  /** The request came with a right key, whatever becomes of it. */
  genuine(response: ServerResponse): void {
    if (this.observer !== undefined) this.#genuine.add(response);
  }

  /** Whatever is still to come of the request, the sender has its answer now. */
  whole(response: ServerResponse): void {
    if (this.observer !== undefined) this.#wholeAtMs.set(response, performance.now());
  }

  taken(...what: Parameters<DoorObserver['taken']>): void {
    const { observer } = this;
    if (observer === undefined) return;
    this.#tell(() => {
      observer.taken(...what);
    });
  }

  #tell(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      this.#logger.error(
        `The observer of WebhookModule throws, from now on unheard: ${String(error)}`,
      );
    }
  }
}
