import type { AlarmName } from '../config/alarm-settings.js';
import type { Database } from '../database/database.js';
import type { QueueStore } from '../queue/queue-store.js';
import type { Alarm, Finding } from './alarm.js';
import { judgeDeliveries } from './judge-deliveries.js';
import { judgeSilence } from './judge-silence.js';
import { judgeDatabase, judgeRedis } from './judge-stores.js';
import { readDatabaseSafety, readDeliveryFacts } from './read-facts.js';
import { readSilence } from './read-silence.js';

/** Looks at one side of the cluster. */
export interface Watchdog {
  readonly alarms: readonly AlarmName[];
  /** @param current what is wrong already @throws when it cannot look */
  look(now: Date, current: readonly Alarm[]): Promise<Finding[]>;
}

const REDIS_LIMIT_MS = 2_000;

/** Everything that concerns all processes, each to be looked at by itself: one that cannot be seen hides no other. */
export function clusterWatchdogs(
  database: Database,
  store: QueueStore,
  { silenceMinutes, unsettledS }: { silenceMinutes: number; unsettledS: number },
): readonly Watchdog[] {
  return [
    {
      alarms: ['webhooks-missing'],
      look: async (now, alarms) =>
        judgeSilence(await readSilence(database, { now, silenceMinutes, alarms }), silenceMinutes),
    },
    {
      alarms: ['settlement-behind', 'quarantine-growing', 'unknown-values'],
      look: async (now) => judgeDeliveries(await readDeliveryFacts(database, now), unsettledS),
    },
    {
      alarms: ['database-unsafe'],
      look: async () => judgeDatabase(await readDatabaseSafety(database)),
    },
    {
      alarms: ['redis-evicts', 'redis-forgets'],
      look: async () => judgeRedis(await store.redisSafety(REDIS_LIMIT_MS)),
    },
  ];
}
