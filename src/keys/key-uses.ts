import type { BeforeApplicationShutdown, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { describeError } from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import type { KeyHolder } from '../kakao/key-ring.js';
import { BackgroundLoop } from '../lifecycle/background-loop.js';
import { within } from '../lifecycle/within.js';

/** Whoever asks whether a key is still in use thinks in hours. */
const WRITE_EVERY_MS = 5_000;
/** More keys than any ring has; what does not fit is noted at its next use. */
const MAX_UNTOLD = 10_000;
const STOP_LIMIT_MS = 500;

interface Use {
  readonly holder: KeyHolder;
  readonly firstAt: Date;
  lastAt: Date;
}

/** Remembers when each admin key was used, off the answer's path: in memory first, in the table every few seconds. */
export class KeyUses implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #untold = new Map<string, Use>();
  readonly #loop: BackgroundLoop;

  constructor(
    private readonly database: Pick<Database, 'query'>,
    private readonly logger: Logger,
  ) {
    this.#loop = new BackgroundLoop('writing down key uses', () => this.#step(), logger);
  }

  note(holder: KeyHolder, at: Date): void {
    const name = `${holder.fingerprint} ${holder.app}`;
    const use = this.#untold.get(name);
    if (use !== undefined) use.lastAt = at;
    else if (this.#untold.size < MAX_UNTOLD)
      this.#untold.set(name, { holder, firstAt: at, lastAt: at });
  }

  onApplicationBootstrap(): void {
    this.#loop.start();
  }

  /** Before the database is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#loop.stop(STOP_LIMIT_MS);
    try {
      await within(STOP_LIMIT_MS, 'writing down the last key uses', this.#write());
    } catch (error) {
      this.logger.warn(`The last key uses were not written down: ${describeError(error)}`);
    }
  }

  async #step(): Promise<number> {
    await this.#write();
    return WRITE_EVERY_MS;
  }

  async #write(): Promise<void> {
    const uses = this.#untold;
    if (uses.size === 0) return;
    this.#untold = new Map();
    try {
      await writeUses(this.database, [...uses.values()]);
    } catch (error) {
      for (const { holder, firstAt, lastAt } of uses.values())
        this.#giveBack(holder, firstAt, lastAt);
      throw error;
    }
  }

  /** What was used again meanwhile is later. */
  #giveBack(holder: KeyHolder, firstAt: Date, lastAt: Date): void {
    const name = `${holder.fingerprint} ${holder.app}`;
    const since = this.#untold.get(name);
    this.#untold.set(name, { holder, firstAt, lastAt: since?.lastAt ?? lastAt });
  }
}

/** In the order of the primary key, so that processes that write at once do not lock each other out. */
async function writeUses(database: Pick<Database, 'query'>, uses: readonly Use[]): Promise<void> {
  await database.query(
    `INSERT INTO kakao_share.key_uses AS known (app, fingerprint, first_used_at, last_used_at)
     SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[]) ORDER BY 1, 2
     ON CONFLICT (app, fingerprint) DO UPDATE SET
       first_used_at = LEAST(known.first_used_at, excluded.first_used_at),
       last_used_at = GREATEST(known.last_used_at, excluded.last_used_at)`,
    [
      uses.map(({ holder }) => holder.app),
      uses.map(({ holder }) => holder.fingerprint),
      uses.map(({ firstAt }) => firstAt),
      // A clock that is set back must not end a use before it began.
      uses.map(({ firstAt, lastAt }) => (lastAt < firstAt ? firstAt : lastAt)),
    ],
  );
}
