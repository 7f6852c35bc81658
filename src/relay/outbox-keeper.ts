import type { Logger } from '@nestjs/common';
import type { Database } from '../database/database.js';
import { requireCurrentSchema } from '../database/schema-state.js';
import { BackgroundLoop } from '../lifecycle/background-loop.js';
import { finishRemovals } from './finish-removals.js';
import { forgetOldEvents } from './forget-old-events.js';

const ROUND_EVERY_MS = 60_000;
/** While there is more to do: a batch, a breath for those who settle, the next batch. */
const NEXT_BATCH_MS = 50;

/** Keeps the outbox and the events from growing for ever: ends removals, forgets what is old and told. */
export class OutboxKeeper {
  readonly #loop: BackgroundLoop;
  /** How far the present round over the events has come. */
  #lookedUntil: string | undefined;
  #isSchemaCurrent = false;

  constructor(
    private readonly database: Database,
    logger: Logger,
    private readonly retentionDays: number,
  ) {
    this.#loop = new BackgroundLoop('outbox keeper', () => this.#batch(), logger);
  }

  start(): void {
    this.#loop.start();
  }

  async stop(limitMs: number): Promise<void> {
    await this.#loop.stop(limitMs);
  }

  async #batch(): Promise<number> {
    if (!this.#isSchemaCurrent) await requireCurrentSchema(this.database);
    this.#isSchemaCurrent = true;
    const isRemoving = await finishRemovals(this.database);
    this.#lookedUntil = await forgetOldEvents(this.database, this.retentionDays, this.#lookedUntil);
    return isRemoving || this.#lookedUntil !== undefined ? NEXT_BATCH_MS : ROUND_EVERY_MS;
  }
}
