import { Logger } from '@nestjs/common';
import pg from 'pg';
import { BackgroundLoop } from '../../../src/lifecycle/background-loop.js';
import { eventually } from '../../support/eventually.js';
import { END_SESSIONS, TEST_NAME } from './end-sessions.js';

/** Whoever was ended comes again at once: so does this, with several at a time, until nobody else has one. */
const AGAIN_AFTER_MS = 10;
const AT_ONCE = 5;
const LOOK_AFTER_MS = 500;
const STOP_LIMIT_MS = 5_000;

/** Takes every connection that a server has and ends everybody else’s, again and again, until it has them all, and then keeps them. */
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
    let taken: boolean[];
    do taken = await Promise.all(Array.from({ length: AT_ONCE }, () => this.#take()));
    while (taken.includes(true));
    const ended = await this.#held[0]?.query(END_SESSIONS);
    this.#rounds++;
    return ended?.rowCount === 0 ? LOOK_AFTER_MS : AGAIN_AFTER_MS;
  }

  /** @returns false when the server has none to give */
  async #take(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url, application_name: TEST_NAME });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch {
      return false;
    }
    this.#held.push(client);
    return true;
  }
}
