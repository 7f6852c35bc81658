import type { AlarmName } from '../config/alarm-settings.js';
import type { Database, Transaction } from '../database/database.js';
import type { NewEvent } from '../events/domain-event.js';
import { recordEvents } from '../events/record-events.js';
import {
  compare,
  SEVERITY,
  WHOLE_SERVICE,
  type Alarm,
  type Change,
  type Finding,
} from './alarm.js';
import { readAlarms, readReports, writeAlarms } from './alarm-store.js';

const LIMITS = { statementTimeoutMs: 2_000 };

/** What one look at the cluster found. */
export interface Look {
  readonly found: readonly Finding[];
  /** What could not be looked at: it stays as it was. */
  readonly unseen: ReadonlySet<AlarmName>;
}

/** Whether it is time that somebody judges the cluster. */
export async function isRoundDue(database: Database, everyMs: number): Promise<boolean> {
  const rows = await database.transaction(LIMITS, (tx) => takeRound(tx, everyMs));
  return rows !== undefined;
}

/**
 * Turns what was found, and what processes report, into what is wrong: written down and told in one transaction, under a lock
 * that one process at a time holds. So each change is told once, whoever sees it.
 *
 * @returns undefined where somebody else judges, or just did
 */
export async function concludeRound(
  database: Database,
  { found, unseen }: Look,
  everyMs: number,
): Promise<Change | undefined> {
  return database.transaction(LIMITS, async (tx) => {
    const now = await takeRound(tx, everyMs);
    if (now === undefined) return undefined;
    const before = await readAlarms(tx);
    const kept = before.filter(({ alarm }) => unseen.has(alarm));
    const reported = await readReports(tx, WHOLE_SERVICE);
    const change = compare(before, [...kept, ...found, ...reported], now);
    await writeAlarms(tx, change);
    await recordEvents(tx, [
      ...change.raised.map((alarm) => raisedEvent(alarm, now)),
      ...change.cleared.map((alarm) => clearedEvent(alarm, now)),
    ]);
    await tx.query('UPDATE kakao_share.watch_rounds SET judged_at = $1', [now]);
    return change;
  });
}

/** Holds off everybody else until the transaction ends. */
async function takeRound(tx: Transaction, everyMs: number): Promise<Date | undefined> {
  const [row] = await tx.query<{ now: Date }>(
    `SELECT clock_timestamp() AS now FROM kakao_share.watch_rounds
     WHERE judged_at <= clock_timestamp() - make_interval(secs => $1::float8 / 1000) FOR UPDATE SKIP LOCKED`,
    [everyMs],
  );
  return row?.now;
}

function raisedEvent({ alarm, app, detail, since }: Alarm, now: Date): NewEvent {
  return {
    ...{ type: 'alarm.raised', app, userRef: undefined, occurredAt: now },
    data: { alarm, app, severity: SEVERITY[alarm], since: since.toISOString(), detail },
  };
}

function clearedEvent({ alarm, app, since }: Alarm, now: Date): NewEvent {
  return {
    ...{ type: 'alarm.cleared', app, userRef: undefined, occurredAt: now },
    data: { alarm, app, since: since.toISOString() },
  };
}
