import { compare, alarmKey, type Alarm, type Change, type Finding } from './alarm.js';

/** What this process knows to be wrong: what it sees of itself, and what is told of the cluster. */
export class AlarmBoard {
  /** By who looks for it. */
  readonly #own = new Map<string, readonly Alarm[]>();
  #cluster: readonly Alarm[] = [];
  /** Over before the cluster had heard of them, as in an outage of its database. By name: there are few. */
  readonly #unheard = new Map<string, Alarm>();

  /** Takes down what one of this process's watchdogs finds now, in place of what it found before. */
  see(watchdog: string, found: readonly Finding[], now: Date): Change {
    const change = compare(this.#own.get(watchdog) ?? [], found, now);
    this.#own.set(watchdog, change.current);
    const heard = new Set(this.#cluster.map(alarmKey));
    for (const alarm of change.cleared) {
      if (!heard.has(alarmKey(alarm))) this.#unheard.set(alarmKey(alarm), alarm);
    }
    return change;
  }

  /** Takes down what is wrong in the cluster, as far as the database was last heard. */
  hear(alarms: readonly Alarm[]): void {
    this.#cluster = alarms;
    for (const alarm of alarms) this.#unheard.delete(alarmKey(alarm));
  }

  get own(): readonly Alarm[] {
    return [...this.#own.values()].flat();
  }

  /** What the cluster is to hear from this process, each alarm once: also what is over, until it was heard. */
  get reports(): readonly Alarm[] {
    return [
      ...new Map([
        ...this.#unheard,
        ...this.own.map((one) => [alarmKey(one), one] as const),
      ]).values(),
    ];
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
