import type { Logger } from '@nestjs/common';
import { describeError } from '../database/database-errors.js';
import type { Unreadable } from './inventory.js';
import type { Spool } from './spool.js';

/** Says what is wrong with a spool once, and once more when it is over: it is looked at every second. */
export class TroubleLog {
  #trouble: string | undefined;
  #unreadable: ReadonlySet<string> = new Set();
  #newer: ReadonlySet<string> = new Set();
  #untidy: string | undefined;

  constructor(private readonly logger: Pick<Logger, 'log' | 'warn' | 'error'>) {}

  tellTrouble({ trouble, troubleText }: Pick<Spool, 'trouble' | 'troubleText'>): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    if (trouble === undefined) this.logger.log('The spool takes webhooks');
    else {
      this.logger.error(
        `The spool takes nothing (${trouble}): what the database does not commit is answered 503. ${troubleText}`,
      );
    }
  }

  tellUnreadable(unreadable: readonly Unreadable[]): void {
    for (const { path, why } of unreadable) {
      if (this.#unreadable.has(path)) continue;
      this.logger.error(
        `${path} in the spool cannot be read, and may hold webhooks that are not committed: ${why}`,
      );
    }
    this.#unreadable = new Set(unreadable.map(({ path }) => path));
  }

  /** @param paths files with webhooks of a later version, which nobody who is known of replays */
  tellNewer(paths: readonly string[]): void {
    const [first] = paths.filter((path) => !this.#newer.has(path));
    if (first !== undefined) {
      this.logger.error(
        `${paths.length} files in the spool hold webhooks of a later version, which this one cannot read: they are kept and not ` +
          `committed, ${first} among them. Run the later version on this disk, and it commits them; "spool list" shows them as newerBytes.`,
      );
    } else if (paths.length === 0 && this.#newer.size > 0) {
      this.logger.log('The spool holds nothing of a later version any more');
    }
    this.#newer = new Set(paths);
  }

  /** @param error why the spool was not looked through and tidied to the end; undefined: it was */
  tellUntidy(error: unknown): void {
    const why = error === undefined ? undefined : describeError(error);
    if (why === this.#untidy) return;
    this.#untidy = why;
    if (why === undefined) this.logger.log('The spool is tidied again');
    else this.logger.warn(`The spool cannot be tidied: ${why}`);
  }
}
