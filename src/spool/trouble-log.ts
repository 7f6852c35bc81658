import type { Logger } from '@nestjs/common';
import { describeError } from '../database/database-errors.js';
import type { Unreadable } from './inventory.js';
import type { Spool } from './spool.js';

/** Says what is wrong with a spool once, and once more when it is over: it is looked at every second. */
export class TroubleLog {
  #trouble: string | undefined;
  #unreadable: ReadonlySet<string> = new Set();
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

  /** @param error why the spool was not looked through and tidied to the end; undefined: it was */
  tellUntidy(error: unknown): void {
    const why = error === undefined ? undefined : describeError(error);
    if (why === this.#untidy) return;
    this.#untidy = why;
    if (why === undefined) this.logger.log('The spool is tidied again');
    else this.logger.warn(`The spool cannot be tidied: ${why}`);
  }
}
