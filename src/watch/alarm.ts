import type { AlarmName } from '../config/alarm-settings.js';

/** Whether somebody has to get up. `critical`: webhooks or points are in danger now. `warning`: look at it today. */
export type Severity = 'critical' | 'warning';

export const SEVERITY: Readonly<Record<AlarmName, Severity>> = {
  'webhooks-missing': 'critical',
  'webhooks-lost': 'critical',
  'webhooks-refused': 'warning',
  'answers-slow': 'critical',
  'spool-in-use': 'warning',
  'spool-full': 'critical',
  'spool-refused': 'warning',
  'settlement-behind': 'critical',
  'quarantine-growing': 'warning',
  'unknown-values': 'warning',
  'clock-skew': 'warning',
  'database-unsafe': 'critical',
  'redis-evicts': 'warning',
  'redis-forgets': 'warning',
};

/** No app can have this name: an alarm about the service as a whole. */
export const WHOLE_SERVICE = '*';

/** Something is wrong now. */
export interface Finding {
  readonly alarm: AlarmName;
  /** The app it is about, or `WHOLE_SERVICE`. */
  readonly app: string;
  /** What was seen, in words: no input, no person, no secret. */
  readonly detail: string;
}

/** Something is wrong, and has been since. */
export interface Alarm extends Finding {
  readonly since: Date;
}

/** About the service as a whole. */
export function finding(alarm: AlarmName, detail: string): Finding {
  return { alarm, app: WHOLE_SERVICE, detail };
}

/** Tells alarms apart. */
export function alarmKey({ alarm, app }: Pick<Finding, 'alarm' | 'app'>): string {
  return `${alarm}/${app}`;
}

/** What began, what is over, and what is wrong now: what was wrong before keeps its beginning. */
export interface Change {
  readonly raised: readonly Alarm[];
  readonly cleared: readonly Alarm[];
  readonly current: readonly Alarm[];
}

/** Compares what is found now with what was wrong before. */
export function compare(
  before: readonly Alarm[],
  found: readonly (Finding & { readonly since?: Date })[],
  now: Date,
): Change {
  const earlier = new Map(before.map((alarm) => [alarmKey(alarm), alarm]));
  const current = [...new Map(found.map((one) => [alarmKey(one), one])).values()].map((one) => ({
    ...one,
    since: earlier.get(alarmKey(one))?.since ?? one.since ?? now,
  }));
  const still = new Set(current.map(alarmKey));
  return {
    raised: current.filter((alarm) => !earlier.has(alarmKey(alarm))),
    cleared: before.filter((alarm) => !still.has(alarmKey(alarm))),
    current,
  };
}
