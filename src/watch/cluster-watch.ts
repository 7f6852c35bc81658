import type { Logger } from '@nestjs/common';
import type { AlarmName } from '../config/alarm-settings.js';
import { describeError } from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { readClock } from '../database/read-clock.js';
import { requireCurrentSchema } from '../database/schema-state.js';
import { BackgroundLoop } from '../lifecycle/background-loop.js';
import { within } from '../lifecycle/within.js';
import type { Alarm } from './alarm.js';
import type { AlarmBoard } from './alarm-board.js';
import { readAlarms, reportAlarms } from './alarm-store.js';
import { concludeRound, isRoundDue, type Look } from './conclude-round.js';
import { compareClocks, judgeClock, type ClockFacts } from './judge-clock.js';
import { logChange } from './log-change.js';
import type { WatchTuning } from './watch-options.js';
import type { Watchdog } from './watchdogs.js';

const LIMITS = { statementTimeoutMs: 2_000 };

export interface ClusterWatchParts {
  readonly database: Database;
  readonly watchdogs: readonly Watchdog[];
  readonly board: AlarmBoard;
  readonly off: ReadonlySet<AlarmName>;
  readonly logger: Logger;
  readonly tuning: WatchTuning;
}

/**
 * Says in the database what this process sees of itself, hears from there what is wrong in the cluster, and judges it whenever
 * nobody else just did. Any number of processes do so side by side.
 */
export class ClusterWatch {
  readonly #loop: BackgroundLoop;
  readonly #reporter = newId();
  readonly #blind = new Set<Watchdog>();
  #hasReported = false;
  #isSchemaCurrent = false;
  #clock: ClockFacts | undefined;

  constructor(private readonly parts: ClusterWatchParts) {
    this.#loop = new BackgroundLoop('watching the cluster', () => this.#round(), parts.logger);
  }

  /** How this process's clock stood against the database's when it was last compared. */
  get clock(): ClockFacts | undefined {
    return this.#clock;
  }

  start(): void {
    this.#loop.start();
  }

  async stop(limitMs: number): Promise<void> {
    await this.#loop.stop(limitMs);
    if (!this.#hasReported) return;
    // Where that fails, what this process said is over a minute later.
    await within(limitMs, 'withdrawing reports', this.#report([])).catch(() => undefined);
  }

  async #round(): Promise<number> {
    const { database, board, tuning } = this.parts;
    if (!this.#isSchemaCurrent) await requireCurrentSchema(database);
    this.#isSchemaCurrent = true;
    const now = await this.#compareClocks();
    await this.#report(board.reports);
    if (await isRoundDue(database, tuning.judgeEveryMs)) await this.#judge(now);
    board.hear(await database.transaction(LIMITS, readAlarms));
    return tuning.lookEveryMs;
  }

  /** @returns the database's time: all of the cluster is judged by one clock */
  async #compareClocks(): Promise<Date> {
    const { database, board, logger } = this.parts;
    const { before, now, after } = await database.transaction(LIMITS, async (tx) => ({
      before: new Date(),
      now: await readClock(tx),
      after: new Date(),
    }));
    this.#clock = compareClocks(before, now, after);
    logChange(logger, board.see('clock', this.#wanted(judgeClock(this.#clock)), after));
    return now;
  }

  async #report(own: readonly Alarm[]): Promise<void> {
    if (own.length === 0 && !this.#hasReported) return;
    // Whether it was written is unknown where it fails.
    this.#hasReported = true;
    await this.parts.database.transaction(LIMITS, (tx) => reportAlarms(tx, this.#reporter, own));
    this.#hasReported = own.length > 0;
  }

  async #judge(now: Date): Promise<void> {
    const { database, board, logger, watchdogs, tuning } = this.parts;
    const look = await this.#look(now);
    const change = await concludeRound(database, look, tuning.judgeEveryMs);
    if (change === undefined) return;
    // What a process sees of itself it tells its own log.
    const ofCluster = new Set(watchdogs.flatMap(({ alarms }) => alarms));
    logChange(logger, {
      raised: change.raised.filter(({ alarm }) => ofCluster.has(alarm)),
      cleared: change.cleared.filter(({ alarm }) => ofCluster.has(alarm)),
    });
    board.hear(change.current);
  }

  async #look(now: Date): Promise<Look> {
    const current = await this.parts.database.transaction(LIMITS, readAlarms);
    const found: Look['found'][number][] = [];
    const unseen = new Set<AlarmName>();
    for (const watchdog of this.parts.watchdogs) {
      try {
        found.push(...this.#wanted(await watchdog.look(now, current)));
        if (this.#blind.delete(watchdog)) this.parts.logger.log(`${nameOf(watchdog)} seen again`);
      } catch (error) {
        for (const alarm of watchdog.alarms) unseen.add(alarm);
        if (this.#blind.has(watchdog)) continue;
        this.#blind.add(watchdog);
        this.parts.logger.warn(`${nameOf(watchdog)} not to be seen: ${describeError(error)}`);
      }
    }
    return { found, unseen };
  }

  #wanted<Found extends { readonly alarm: AlarmName }>(found: readonly Found[]): Found[] {
    return found.filter(({ alarm }) => !this.parts.off.has(alarm));
  }
}

function nameOf({ alarms }: Watchdog): string {
  return `What ${alarms.join(', ')} looks at is`;
}
