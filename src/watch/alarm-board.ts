import { compare, alarmKey, type Alarm, type Change, type Finding } from './alarm.js';

/** What this process knows to be wrong: what it sees of itself, and what is told of the cluster. */
export class AlarmBoard {
  /** By who looks for it. */
  readonly #own = new Map<string, readonly Alarm[]>();
  #cluster: readonly Alarm[] = [];

  /** Takes down what one of this process's watchdogs finds now, in place of what it found before. */
  see(watchdog: string, found: readonly Finding[], now: Date): Change {
    const change = compare(this.#own.get(watchdog) ?? [], found, now);
    this.#own.set(watchdog, change.current);
    return change;
  }

  /** Takes down what is wrong in the cluster, as far as the database was last heard. */
  hear(alarms: readonly Alarm[]): void {
    this.#cluster = alarms;
  }

  get own(): readonly Alarm[] {
    return [...this.#own.values()].flat();
  }

  get cluster(): readonly Alarm[] {
    return this.#cluster;
  }

  /** Everything that is wrong now, each alarm once: since when anybody has seen it. */
  get current(): readonly Alarm[] {
    const earliest = new Map<string, Alarm>();
    for (const alarm of [...this.#cluster, ...this.own]) {
      const known = earliest.get(alarmKey(alarm));
      if (known === undefined || alarm.since < known.since) earliest.set(alarmKey(alarm), alarm);
    }
    return [...earliest.values()].sort((a, b) => (alarmKey(a) < alarmKey(b) ? -1 : 1));
  }
}
