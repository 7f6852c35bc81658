import { Logger } from '@nestjs/common';
import type { Database } from '../database/database.js';
import type { Dispatcher } from '../deliveries/dispatcher.js';
import type { Inbox } from '../deliveries/inbox.js';
import type { Lifeboat } from '../deliveries/lifeboat.js';
import { SpoolKeeper } from './spool-keeper.js';
import type { SpoolOptions } from './spool-options.js';
import { NO_SPOOL, type SpoolStanding } from './spool-standing.js';

/** A door's spool, or that it has none. */
export class DoorSpool {
  readonly #keeper: SpoolKeeper | undefined;
  #inbox: Inbox | undefined;

  constructor(options: SpoolOptions | undefined, database: Database, dispatcher: Dispatcher) {
    if (options === undefined) return;
    const door = {
      isBusy: () => (this.#inbox?.standing().waiting ?? 0) > 0,
      onCommitted: (deliveryIds: readonly string[]) => {
        this.#inbox?.databaseCommits();
        dispatcher.dispatch(deliveryIds);
      },
    };
    this.#keeper = new SpoolKeeper(options, database, door, new Logger('Spool'));
  }

  get lifeboat(): Lifeboat | undefined {
    return this.#keeper?.lifeboat;
  }

  /** @param inbox hears that the database commits, and comes before the replay */
  start(inbox: Inbox): void {
    this.#inbox = inbox;
    this.#keeper?.start();
  }

  wake(): void {
    this.#keeper?.wake();
  }

  async stopReplay(limitMs: number): Promise<void> {
    await this.#keeper?.stopReplay(limitMs);
  }

  async close(limitMs: number): Promise<void> {
    await this.#keeper?.close(limitMs);
  }

  standing(): SpoolStanding {
    return this.#keeper?.standing() ?? NO_SPOOL;
  }
}
