import type { DoorObserver, DoorStanding } from '../webhook/door-observer.js';

/** What the door answered within the last minutes. */
export interface DoorFacts {
  /** Requests with a right key, whatever became of them. */
  readonly genuine: number;
  /** Of these, answers that came late: Kakao waits 3 s. */
  readonly late: number;
  readonly slowestMs: number;
  /** Answered 401. */
  readonly unauthorized: number;
  /** Answered 403, before anybody looked at the key. */
  readonly foreign: number;
  /** Answered 5xx: Kakao does not send them again. */
  readonly lost: number;
  /** Came with a right key and was answered 4xx, for its body or by a guard of the host's: not sent again either. */
  readonly turnedAway: number;
}

/** Half of Kakao's 3 s: nothing of ours takes that long on a good day. */
export const LATE_MS = 1_500;
/** Long enough to see what goes on, short enough to see that it is over. */
export const WINDOW_MINUTES = 5;
const SLOT_MS = 10_000;
const SLOTS = (WINDOW_MINUTES * 60_000) / SLOT_MS;

const NOTHING: DoorFacts = {
  ...{ genuine: 0, late: 0, slowestMs: 0 },
  ...{ unauthorized: 0, foreign: 0, lost: 0, turnedAway: 0 },
};

interface Slot extends Record<keyof DoorFacts, number> {
  readonly number: number;
}

/** Counts what the door answers, over the last minutes, in a few numbers whatever the load. */
export class DoorTally implements DoorObserver {
  readonly #slots: Slot[] = [];
  readonly #standings: (() => DoorStanding)[] = [];

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  opened(standing: () => DoorStanding): void {
    this.#standings.push(standing);
  }

  answered(status: number | undefined, durationMs: number, hasRightKey = false): void {
    const slot = this.#slot();
    // How long a refusal took says how slow its sender was.
    if (status !== undefined && status >= 400 && status < 500) {
      if (hasRightKey) {
        slot.genuine++;
        slot.turnedAway++;
      } else if (status === 401) slot.unauthorized++;
      else if (status === 403) slot.foreign++;
      return;
    }
    slot.genuine++;
    if (status !== undefined && status >= 500) slot.lost++;
    if (durationMs >= LATE_MS) slot.late++;
    slot.slowestMs = Math.max(slot.slowestMs, durationMs);
  }

  taken(): void {
    // Answers tell enough.
  }

  /** How the doors stand that are counted here. */
  get standings(): readonly DoorStanding[] {
    return this.#standings.map((standing) => standing());
  }

  facts(): DoorFacts {
    this.#dropOld(this.#slotNumber());
    const sum = (name: keyof DoorFacts): number =>
      this.#slots.reduce((total, slot) => total + slot[name], 0);
    return {
      genuine: sum('genuine'),
      late: sum('late'),
      slowestMs: Math.max(0, ...this.#slots.map(({ slowestMs }) => slowestMs)),
      unauthorized: sum('unauthorized'),
      foreign: sum('foreign'),
      lost: sum('lost'),
      turnedAway: sum('turnedAway'),
    };
  }

  #slot(): Slot {
    const number = this.#slotNumber();
    const last = this.#slots.at(-1);
    if (last?.number === number) return last;
    this.#dropOld(number);
    const slot = { number, ...NOTHING };
    this.#slots.push(slot);
    return slot;
  }

  #slotNumber(): number {
    return Math.floor(this.nowMs() / SLOT_MS);
  }

  #dropOld(now: number): void {
    while (this.#slots[0] !== undefined && this.#slots[0].number <= now - SLOTS)
      this.#slots.shift();
  }
}
