import type { Logger } from '@nestjs/common';
import type { AlarmName } from '../config/alarm-settings.js';
import { BackgroundLoop } from '../lifecycle/background-loop.js';
import type { Finding } from './alarm.js';
import type { AlarmBoard } from './alarm-board.js';
import type { DoorTally } from './door-tally.js';
import { judgeDoor } from './judge-door.js';
import { judgeSpool } from './judge-spool.js';
import { logChange } from './log-change.js';

/** Judges what this process sees of itself. In memory alone: it works while everything else hangs. */
export class ProcessWatch {
  readonly #loop: BackgroundLoop;

  constructor(
    private readonly board: AlarmBoard,
    private readonly door: DoorTally | undefined,
    private readonly off: ReadonlySet<AlarmName>,
    private readonly logger: Logger,
    lookEveryMs: number,
  ) {
    this.#loop = new BackgroundLoop(
      'watching this process',
      () => {
        this.look(new Date());
        return Promise.resolve(lookEveryMs);
      },
      logger,
    );
  }

  start(): void {
    this.#loop.start();
  }

  async stop(limitMs: number): Promise<void> {
    await this.#loop.stop(limitMs);
  }

  look(now: Date): void {
    const raised = this.#judge(now).filter(({ alarm }) => !this.off.has(alarm));
    logChange(this.logger, this.board.see('door', raised, now));
  }

  #judge(now: Date): Finding[] {
    if (this.door === undefined) return [];
    const spools = this.door.standings.map(({ spool }) => spool);
    return [...judgeDoor(this.door.facts()), ...spools.flatMap((spool) => judgeSpool(spool, now))];
  }
}
