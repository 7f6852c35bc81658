import type { Queryable, Transaction } from '../database/database.js';
import type { Alarm, Change } from './alarm.js';

/** Processes say every few seconds what they see: whoever is silent for this long is gone, or sees nothing any more. */
const REPORT_LIVES_S = 60;
/** More than there can be: a name for each, and an app for one of them. */
const MAX_ALARMS = 1_000;

/** What is wrong in the cluster. */
export async function readAlarms(queryable: Queryable): Promise<Alarm[]> {
  return queryable.query(
    `SELECT alarm, app, detail, since FROM kakao_share.alarms ORDER BY alarm, app LIMIT ${MAX_ALARMS}`,
  );
}

/** Says what this process sees of itself, and no longer what it does not. */
export async function reportAlarms(
  tx: Transaction,
  reporter: string,
  alarms: readonly Alarm[],
): Promise<void> {
  await tx.query(
    'DELETE FROM kakao_share.alarm_reports WHERE reporter = $1 AND alarm <> ALL($2::text[])',
    [reporter, alarms.map(({ alarm }) => alarm)],
  );
  await tx.query(
    `INSERT INTO kakao_share.alarm_reports (reporter, alarm, detail, since, expires_at)
     SELECT $1, g.alarm, g.detail, g.since, clock_timestamp() + make_interval(secs => ${REPORT_LIVES_S})
     FROM unnest($2::text[], $3::text[], $4::timestamptz[]) AS g (alarm, detail, since)
     ON CONFLICT (reporter, alarm) DO UPDATE
       SET detail = excluded.detail, since = excluded.since, expires_at = excluded.expires_at`,
    [
      reporter,
      alarms.map(({ alarm }) => alarm),
      alarms.map(({ detail }) => detail),
      alarms.map(({ since }) => since),
    ],
  );
}

/** What processes see of themselves, each alarm once, by who has seen it for longest. Forgets those that are silent. */
export async function readReports(tx: Transaction, app: string): Promise<Alarm[]> {
  await tx.query('DELETE FROM kakao_share.alarm_reports WHERE expires_at < clock_timestamp()');
  return tx.query(
    `SELECT DISTINCT ON (alarm) alarm, $1::text AS app, detail, since FROM kakao_share.alarm_reports
     ORDER BY alarm, since LIMIT ${MAX_ALARMS}`,
    [app],
  );
}

/** Writes down what began, what is over, and what is to be said of the rest. */
export async function writeAlarms(tx: Transaction, { cleared, current }: Change): Promise<void> {
  await tx.query(
    `DELETE FROM kakao_share.alarms a USING unnest($1::text[], $2::text[]) AS g (alarm, app)
     WHERE (a.alarm, a.app) = (g.alarm, g.app)`,
    [cleared.map(({ alarm }) => alarm), cleared.map(({ app }) => app)],
  );
  await tx.query(
    `INSERT INTO kakao_share.alarms (alarm, app, detail, since)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
     ON CONFLICT (alarm, app) DO UPDATE SET detail = excluded.detail`,
    [
      current.map(({ alarm }) => alarm),
      current.map(({ app }) => app),
      current.map(({ detail }) => detail),
      current.map(({ since }) => since),
    ],
  );
}
