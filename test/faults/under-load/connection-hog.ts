import { Logger } from '@nestjs/common';
import pg from 'pg';
import { BackgroundLoop } from '../../../src/lifecycle/background-loop.js';
import { eventually } from '../../support/eventually.js';
import { END_SESSIONS, TEST_NAME } from './end-sessions.js';

const AGAIN_AFTER_MS = 50;
const STOP_LIMIT_MS = 5_000;

/** Takes every connection that a server has and ends everybody else’s, again and again until it is stopped: who is quick gets one for a moment. */
export class ConnectionHog {
  readonly #held: pg.Client[] = [];
  readonly #loop: BackgroundLoop;
  #rounds = 0;

  constructor(private readonly url: string) {
    const logger = new Logger('ConnectionHog');
    this.#loop = new BackgroundLoop('taking connections', () => this.#takeAll(), logger);
  }

  /** Resolves once the server has refused a connection, and everybody else's were ended. */
  async start(): Promise<void> {
    this.#loop.start();
    await eventually(() => {
      if (this.#rounds === 0) throw new Error('The server still has connections to give.');
    });
  }

  async stop(): Promise<void> {
    await this.#loop.stop(STOP_LIMIT_MS);
    await Promise.all(this.#held.map((client) => client.end()));
  }

  async #takeAll(): Promise<number> {
    for (;;) {
      const client = new pg.Client({ connectionString: this.url, application_name: TEST_NAME });
      client.on('error', () => undefined);
      try {
        await client.connect();
      } catch {
        break;
      }
      this.#held.push(client);
    }
    await this.#held[0]?.query(END_SESSIONS);
    this.#rounds++;
    return AGAIN_AFTER_MS;
  }
}
