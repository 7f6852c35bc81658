import type { EnvironmentReader } from './environment-reader.js';

/** Everything that is watched, by the name of its alarm. docs/monitoring.md says what each means and what to do. */
export const ALARM_NAMES = [
  'webhooks-missing',
  'webhooks-lost',
  'webhooks-refused',
  'answers-slow',
  'spool-in-use',
  'spool-full',
  'spool-refused',
  'settlement-behind',
  'quarantine-growing',
  'unknown-values',
  'clock-skew',
  'database-unsafe',
  'redis-evicts',
  'redis-forgets',
] as const;
export type AlarmName = (typeof ALARM_NAMES)[number];

export interface AlarmSettings {
  /** What is known and accepted here, and so raises no alarm. */
  readonly alarmsOff: readonly AlarmName[];
  /** How long no webhook of an app may come though intents are issued. */
  readonly alarmSilenceMinutes: number;
  /** How long a delivery may wait for its verdict. */
  readonly alarmUnsettledS: number;
}

/** Half an hour: shorter than anybody would notice by themselves, longer than a lull between two pushes. */
export const DEFAULT_SILENCE_MINUTES = 30;
/** Settling takes less than a second; a deploy, a failover and the sweeper's minute take less than five. */
export const DEFAULT_UNSETTLED_S = 300;

export function readAlarmSettings(given: EnvironmentReader): AlarmSettings {
  return {
    alarmsOff: given.list('ALARMS_OFF', ALARM_NAMES, []),
    alarmSilenceMinutes: given.integer(
      'ALARM_SILENCE_MINUTES',
      DEFAULT_SILENCE_MINUTES,
      5,
      7 * 24 * 60,
    ),
    alarmUnsettledS: given.integer('ALARM_UNSETTLED_S', DEFAULT_UNSETTLED_S, 10, 86_400),
  };
}
