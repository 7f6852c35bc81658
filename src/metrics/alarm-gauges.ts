import { ALARM_NAMES } from '../config/alarm-settings.js';
import type { AlarmBoard } from '../watch/alarm-board.js';
import type { ClusterWatch } from '../watch/cluster-watch.js';
import type { GaugeSource } from './gauge-source.js';

/** What is wrong, as far as this process knows: in memory, so it is told while everything else is away. */
export function alarmGauges(board: AlarmBoard, watch: ClusterWatch): GaugeSource {
  return {
    part: 'alarms',
    read: () => {
      const raised = new Set(board.current.map(({ alarm }) => alarm));
      const clock = watch.clock;
      return Promise.resolve([
        {
          name: 'kakao_share_alarm',
          help: 'Whether an alarm is raised, in this process or in the cluster: 1 or 0.',
          label: 'alarm',
          value: Object.fromEntries(ALARM_NAMES.map((name) => [name, raised.has(name) ? 1 : 0])),
        },
        ...(clock === undefined
          ? []
          : [
              {
                name: 'kakao_share_clock_skew_seconds',
                help: 'How far this process’s clock was ahead of the database’s when they were last compared.',
                value: clock.aheadMs / 1_000,
              },
            ]),
      ]);
    },
  };
}
