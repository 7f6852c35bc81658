import type { Logger } from '@nestjs/common';
import { within } from './within.js';

/** A step tells how long to rest before the next one, ms; a call of `wake` ends the rest. */
export type Step = (signal: AbortSignal) => Promise<number>;

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 15_000;

/** Waits longer after each failure, at random so that many processes do not come back at the same moment. */
export function backoffMs(
  failures: number,
  firstMs = FIRST_RETRY_MS,
  lastMs = LAST_RETRY_MS,
): number {
  const full = Math.min(lastMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return full / 2 + Math.random() * (full / 2);
}

/**
 * Repeats a step, one at a time, until it is stopped. A step that fails is told to the log (at the first failure and when
 * it works again, not a thousand times between) and repeated with back-off.
 */
export class BackgroundLoop {
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #endRest: (() => void) | undefined;
  #wokenEarly = false;
  #failures = 0;

  constructor(
    private readonly name: string,
    private readonly step: Step,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.#running ??= this.#run();
  }

  /** There is something to do now. */
  wake(): void {
    this.#wokenEarly = true;
    this.#endRest?.();
  }

  /** Lets the step under way finish, for at most `limitMs`. */
  async stop(limitMs: number): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await within(limitMs, `stopping ${this.name}`, this.#running ?? Promise.resolve()).catch(
      (error: unknown) => {
        this.logger.warn(String(error));
      },
    );
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#wokenEarly = false;
      await this.#rest(await this.#attempt());
    }
  }

  async #attempt(): Promise<number> {
    try {
      const restMs = await this.step(this.#stopping.signal);
      if (this.#failures > 0) this.logger.log(`${this.name} works again`);
      this.#failures = 0;
      return restMs;
    } catch (error) {
      this.#failures++;
      if (this.#failures === 1) {
        this.logger.warn(
          `${this.name} failed and will be repeated: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      return backoffMs(this.#failures);
    }
  }

  async #rest(restMs: number): Promise<void> {
    if (this.#wokenEarly || this.#stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, restMs);
      this.#endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#endRest = undefined;
  }
}
