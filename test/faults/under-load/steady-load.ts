import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
import type { Balancer } from './balancer.js';
import { EVERY_FAULT } from './durations.js';
import { planShare, type GivenPromise, type PlannedShare } from './planned-shares.js';
import type { Ending, Sending } from './sending.js';

/** What a machine of two cores carries beside five processes, a database and the test itself, and in `npm test` other suites. */
const RATE_PER_S = Number(process.env.FAULT_RATE ?? (EVERY_FAULT ? 50 : 20));
/** One in so many is sent a second time, at once or much later in turn: Kakao does not, whoever stands between may. */
const REPEAT_EVERY = 10;
const REPEATS_BEHIND = [0, 100];
const WORKING_LIMIT_MS = 120_000;

/** Sends at a steady pace, whatever the answers, and keeps how each request ended. */
export class SteadyLoad {
  readonly sendings: Sending[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #running: Promise<void> | undefined;
  #stopping = false;
  #next: number;

  /** @param first the number of its first share, for shares that were there before */
  constructor(
    private readonly balancer: Balancer,
    private readonly promises: readonly GivenPromise[],
    private readonly first = 0,
  ) {
    this.#next = first;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Waits until every request has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    await Promise.all(this.#underWay);
  }

  count(ending: Ending): number {
    return this.sendings.filter((sending) => sending.ending === ending).length;
  }

  /** Shares that were acknowledged, each once, and not put aside as not understood. */
  acknowledged(): PlannedShare[] {
    const taken = this.sendings.filter(
      ({ ending, said }) => ending === 'acknowledged' && said !== 'quarantined',
    );
    return [...new Map(taken.map(({ share }) => [share.resourceId, share])).values()];
  }

  /** Waits until so many more requests were acknowledged. @throws when the door does not take them */
  untilAcknowledged(more: number): Promise<void> {
    return this.until('acknowledged', more);
  }

  /** Waits until so many more requests have ended so. @throws when they do not */
  async until(ending: Ending, more: number): Promise<void> {
    const goal = this.count(ending) + more;
    await eventually(() => {
      const count = this.count(ending);
      if (count < goal) throw new Error(`${count} were ${ending}, and ${goal} were to be.`);
    }, WORKING_LIMIT_MS);
  }

  /** Goes on for so long: how long a fault lasts is what is tested. */
  async lasts(ms: number): Promise<void> {
    await pause(ms);
  }

  async #run(): Promise<void> {
    let dueAtMs = performance.now();
    while (!this.#stopping) {
      this.#sendNext();
      dueAtMs += 1_000 / RATE_PER_S;
      // A machine that stood still does not make up for it with a burst.
      dueAtMs = Math.max(dueAtMs, performance.now() - 1_000);
      await pause(Math.max(0, dueAtMs - performance.now()));
    }
  }

  #sendNext(): void {
    const number = this.#next++;
    this.#send(number);
    if (number % REPEAT_EVERY !== 0) return;
    for (const behind of REPEATS_BEHIND) {
      if (number - behind >= this.first) this.#send(number - behind);
    }
  }

  #send(number: number): void {
    const ended = this.balancer.send(planShare(number, this.promises)).then((sending) => {
      this.sendings.push(sending);
      this.#underWay.delete(ended);
    });
    this.#underWay.add(ended);
  }
}
