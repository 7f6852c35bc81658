import type { Database } from '../database/database.js';
import { firstIdAt } from '../database/new-id.js';
import type { Alarm } from './alarm.js';
import type { SilenceFacts } from './judge-silence.js';

const LIMITS = { statementTimeoutMs: 2_000 };
/** A user who got an intent is given this long to share. */
const SHARING_TAKES_MS = 2 * 60_000;
/** Enough to know what is usual, few enough to look up. */
const MAX_EARLIER = 1_000;
const MAX_ISSUED = 10_000;

/** What was promised and heard lately, for each app that issues intents and each that has an alarm. */
export async function readSilence(
  database: Database,
  { now, silenceMinutes, alarms }: { now: Date; silenceMinutes: number; alarms: readonly Alarm[] },
): Promise<SilenceFacts[]> {
  const begin = new Date(now.getTime() - silenceMinutes * 60_000);
  const alarmed = alarms.filter(({ alarm }) => alarm === 'webhooks-missing');
  const heardFrom = alarmed.map(({ since }) => firstIdAt(since < begin ? since : begin));
  return database.transaction(LIMITS, (tx) =>
    tx.query<SilenceFacts>(
      `WITH issued AS (
         SELECT app, count(*)::integer AS count FROM (
           SELECT app FROM kakao_share.share_intents WHERE id >= $1 AND id < $2 ORDER BY id DESC LIMIT ${MAX_ISSUED}) i
         GROUP BY app
       ), earlier AS (
         SELECT app, count(*)::integer AS count,
                count(*) FILTER (WHERE EXISTS (SELECT FROM kakao_share.shares s WHERE s.intent_id = i.id))::integer AS shared
         FROM (SELECT id, app FROM kakao_share.share_intents WHERE id < $1 ORDER BY id DESC LIMIT ${MAX_EARLIER}) i
         GROUP BY app
       ), alarmed AS (
         SELECT * FROM unnest($3::text[], $4::uuid[]) AS a (app, heard_from)
       )
       SELECT app, coalesce(issued.count, 0) AS issued, coalesce(earlier.count, 0) AS earlier,
              coalesce(earlier.shared, 0) AS "earlierShared", alarmed.app IS NOT NULL AS "isAlarmed",
              EXISTS (SELECT FROM kakao_share.deliveries d WHERE d.app = issued_or_alarmed.app
                      AND d.id >= coalesce(alarmed.heard_from, $1)) AS "isHeard"
       FROM (SELECT app FROM issued UNION SELECT app FROM alarmed) issued_or_alarmed
       LEFT JOIN issued USING (app) LEFT JOIN earlier USING (app) LEFT JOIN alarmed USING (app)`,
      [
        firstIdAt(begin),
        firstIdAt(new Date(now.getTime() - SHARING_TAKES_MS)),
        alarmed.map(({ app }) => app),
        heardFrom,
      ],
    ),
  );
}
