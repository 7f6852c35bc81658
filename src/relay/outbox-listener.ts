import type { Logger } from '@nestjs/common';
import type { Database } from '../database/database.js';
import { describeError } from '../database/database-errors.js';
import { listen } from '../database/listen.js';
import { BackgroundLoop } from '../lifecycle/background-loop.js';

/** One for all schemas: the name of a channel is as short as a schema's may be long. */
const CHANNEL = 'kakao_share_outbox';
/** A server that restarts is asked in vain first, and then with back-off. */
const LISTEN_AGAIN_MS = 250;

/** Hears from the database for which destination something was committed, on a connection of its own. */
export class OutboxListener {
  readonly #loop: BackgroundLoop;
  #isListening = false;

  constructor(
    database: Database,
    logger: Logger,
    /** @param destination undefined: any; something may have been missed */
    onNews: (destination: string | undefined) => void,
  ) {
    const prefix = `${database.schema}.`;
    this.#loop = new BackgroundLoop(
      'listening for events',
      async (signal) => {
        try {
          await listen(database, CHANNEL, signal, (payload) => {
            this.#isListening = true;
            if (payload === undefined) onNews(undefined);
            else if (payload.startsWith(prefix)) onNews(payload.slice(prefix.length));
          });
        } catch (error) {
          if (!this.#isListening) throw error;
          // It stood, so each loss is news, and says nothing of how long the next connection will take.
          logger.warn(`No longer listening for events, beginning again: ${describeError(error)}`);
          return LISTEN_AGAIN_MS;
        } finally {
          // From now on everybody asks oftener.
          this.#isListening = false;
          onNews(undefined);
        }
        return 0;
      },
      logger,
    );
  }

  /** Whether the database would tell of news now. */
  get isListening(): boolean {
    return this.#isListening;
  }

  start(): void {
    this.#loop.start();
  }

  async stop(limitMs: number): Promise<void> {
    await this.#loop.stop(limitMs);
  }
}
