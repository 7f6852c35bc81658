import type { Logger } from '@nestjs/common';
import type { Refusal } from './refusal.js';

/** Soon enough to see that every webhook is turned away, seldom enough that a flood of them is no flood of lines. */
const QUIET_MS = 10_000;

/** What is left to tell of a refusal when its quiet time is over. */
interface Untold {
  count: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * Tells what the doorstep turns away, which no log of the application sees: the first at once, then one line for all that
 * followed within the quiet time. By status and count alone, so that nobody's key or user is told.
 */
export class RefusalLog {
  /** By status, of which there are as many as there are refusals in the code. */
  readonly #untold = new Map<number, Untold>();

  constructor(
    private readonly logger: Pick<Logger, 'warn'>,
    private readonly quietMs = QUIET_MS,
  ) {}

  add(refusal: Refusal): void {
    const untold = this.#untold.get(refusal.status);
    if (untold === undefined) this.#tell(refusal, 1);
    else untold.count += 1;
  }

  /** Ends the quiet times; what they held back is told now. */
  close(): void {
    for (const [status, { count, timer }] of this.#untold) {
      clearTimeout(timer);
      if (count > 0) this.logger.warn(line(status, count));
    }
    this.#untold.clear();
  }

  #tell(refusal: Refusal, count: number): void {
    const { status, title } = refusal;
    this.logger.warn(`${line(status, count)}: ${title}`);
    const timer = setTimeout(() => {
      const untold = this.#untold.get(status)?.count ?? 0;
      this.#untold.delete(status);
      if (untold > 0) this.#tell(refusal, untold);
    }, this.quietMs);
    // No reason for a process to live on.
    timer.unref();
    this.#untold.set(status, { count: 0, timer });
  }
}

function line(status: number, count: number): string {
  return `Refused ${count} ${count === 1 ? 'webhook' : 'webhooks'} with ${status}`;
}
