import { Logger } from '@nestjs/common';
import type { AlarmName } from '../../src/config/alarm-settings.js';
import type { Database } from '../../src/database/database.js';
import { QueueStore, type QueueStoreOptions } from '../../src/queue/queue-store.js';
import { AlarmBoard } from '../../src/watch/alarm-board.js';
import { ClusterWatch } from '../../src/watch/cluster-watch.js';
import { clusterWatchdogs } from '../../src/watch/watchdogs.js';
import { eventually } from '../support/eventually.js';
import type { TestDatabase } from '../support/test-database.js';

/** Quicker than in service, so that a test is. */
const TUNING = { lookEveryMs: 50, judgeEveryMs: 50 };
const STOP_LIMIT_MS = 5_000;

/** A process that watches. */
export interface GivenWatch {
  readonly board: AlarmBoard;
  /** What it told its log. */
  readonly lines: string[];
  stop(): Promise<void>;
}

/** Watches a cluster as a process does. @param off what is known of this cluster */
export function startWatch(
  database: Database,
  queue: QueueStoreOptions,
  off: readonly AlarmName[] = [],
): GivenWatch {
  const board = new AlarmBoard();
  const lines: string[] = [];
  const logger = new Logger('Watch');
  for (const level of ['log', 'warn', 'error'] as const) {
    logger[level] = (line: unknown) => void lines.push(`${level} ${String(line)}`);
  }
  const watchdogs = clusterWatchdogs(database, new QueueStore(queue), {
    silenceMinutes: 30,
    unsettledS: 300,
  });
  const watch = new ClusterWatch({
    ...{ database, watchdogs, board, logger },
    ...{ off: new Set(off), tuning: TUNING },
  });
  watch.start();
  return { board, lines, stop: () => watch.stop(STOP_LIMIT_MS) };
}

/** Waits until exactly these are raised in the cluster. */
export async function untilAlarms(db: TestDatabase, names: readonly string[]): Promise<void> {
  await eventually(async () => {
    const rows = await db.rows<{ alarm: string }>(
      'SELECT alarm FROM kakao_share.alarms ORDER BY alarm, app',
    );
    expect(rows.map(({ alarm }) => alarm)).toEqual([...names].sort());
  });
}

/** What was told of an alarm, in order. */
export async function toldOf(db: TestDatabase, alarm: string): Promise<string[]> {
  const rows = await db.rows<{ told: string }>(
    `SELECT type || ' ' || app AS told FROM kakao_share.events
     WHERE type LIKE 'alarm.%' AND data ->> 'alarm' = $1 ORDER BY id`,
    [alarm],
  );
  return rows.map(({ told }) => told);
}
