import type { Database } from '../database/database.js';
import { firstIdAt } from '../database/new-id.js';
import type { Alarm } from './alarm.js';
import type { SilenceFacts } from './judge-silence.js';

const LIMITS = { statementTimeoutMs: 2_000 };
const DAY_MS = 24 * 3_600_000;
/** A user who got an intent is given this long to share. */
const SHARING_TAKES_MS = 2 * 60_000;
/** An app that has issued nothing for this long has been given up, or left the settings: nobody waits for its webhooks. */
const IN_USE_DAYS = 7;
/** Of each app: enough to know what is usual, few enough to look up. */
const MAX_EARLIER = 1_000;
const MAX_ISSUED = 10_000;
/** How far back a share with an intent is looked for among those without. */
const MAX_SHARES = 1_000;

/**
 * $1 the silence's begin, $2 its end, $3 and $4 the alarmed apps and since when each must be heard, $5 since when an app must have
 * issued something to be in use.
 *
 * Rows are looked for in the order of app and id, which one index has. Where the app is only asked to be equal, the database may
 * read all rows of the others in search of one, if it believes that every row is this app's. So up to the limits some are read
 * that belong to the next app.
 */
const SILENCE = `WITH RECURSIVE issuing AS (
    SELECT min(app) AS app FROM kakao_share.share_intents
    UNION ALL
    SELECT (SELECT min(i.app) FROM kakao_share.share_intents i WHERE i.app > issuing.app) FROM issuing WHERE app IS NOT NULL
  ), alarmed AS (
    SELECT * FROM unnest($3::text[], $4::uuid[]) AS a (app, heard_from)
  )
  SELECT app, issued.count AS issued, earlier.count AS earlier, earlier.shared AS "earlierShared",
         alarmed.app IS NOT NULL AS "isAlarmed",
         coalesce((SELECT d.app FROM kakao_share.deliveries d WHERE (d.app, d.id) >= (issuing.app, coalesce(alarmed.heard_from, $1))
                   ORDER BY d.app, d.id LIMIT 1) = issuing.app, false) AS "isHeard"
  FROM issuing LEFT JOIN alarmed USING (app)
  CROSS JOIN LATERAL (
    SELECT count(*)::integer AS count
    FROM (SELECT i.app, i.id FROM kakao_share.share_intents i WHERE (i.app, i.id) >= (issuing.app, $1)
          ORDER BY i.app, i.id LIMIT ${MAX_ISSUED}) i WHERE i.app = issuing.app AND i.id < $2) issued
  LEFT JOIN LATERAL (
    SELECT id FROM (SELECT s.id, s.intent_id FROM kakao_share.shares s
      WHERE s.app = issuing.app ORDER BY s.received_at DESC, s.id DESC LIMIT ${MAX_SHARES}) s
    WHERE intent_id IS NOT NULL LIMIT 1) last_share ON true
  CROSS JOIN LATERAL (
    SELECT count(*)::integer AS count,
           count(*) FILTER (WHERE EXISTS (SELECT FROM kakao_share.shares s WHERE s.intent_id = i.id))::integer AS shared
    FROM (SELECT i.app, i.id FROM kakao_share.share_intents i WHERE (i.app, i.id) < (issuing.app, least(last_share.id, $1))
          ORDER BY i.app DESC, i.id DESC LIMIT ${MAX_EARLIER}) i WHERE i.app = issuing.app) earlier
  WHERE issuing.app = (SELECT i.app FROM kakao_share.share_intents i WHERE (i.app, i.id) >= (issuing.app, $5)
                       ORDER BY i.app, i.id LIMIT 1)`;

/**
 * What was promised and heard lately, for each app that issues intents. What is usual is told by the intents before the last share
 * that carried one: those after it may all have been issued while webhooks were switched off.
 */
export async function readSilence(
  database: Database,
  { now, silenceMinutes, alarms }: { now: Date; silenceMinutes: number; alarms: readonly Alarm[] },
): Promise<SilenceFacts[]> {
  const begin = new Date(now.getTime() - silenceMinutes * 60_000);
  const alarmed = alarms.filter(({ alarm }) => alarm === 'webhooks-missing');
  const heardFrom = alarmed.map(({ since }) => firstIdAt(since < begin ? since : begin));
  return database.transaction(LIMITS, (tx) =>
    tx.query<SilenceFacts>(SILENCE, [
      firstIdAt(begin),
      firstIdAt(new Date(now.getTime() - SHARING_TAKES_MS)),
      alarmed.map(({ app }) => app),
      heardFrom,
      firstIdAt(new Date(now.getTime() - IN_USE_DAYS * DAY_MS)),
    ]),
  );
}
