import type { Logger } from '@nestjs/common';
import { describeError } from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import { within } from '../lifecycle/within.js';
import type { EventTransport } from './event-transport.js';

const LOOK_LIMIT_MS = 5_000;

/**
 * Asks whether the other side is there, and says so where operators look.
 * @param startedAt when this process started, as it said when it made the destination known
 * @returns `gone` where somebody removed the destination, even if an older process has made it known again since
 */
export async function lookFor(
  database: Database,
  transport: EventTransport,
  startedAt: Date | undefined,
  logger: Logger,
): Promise<'known' | 'gone'> {
  const { name } = transport;
  const timeUp = new AbortController();
  const connecting = transport.connect(timeUp.signal);
  const error = await within(LOOK_LIMIT_MS, `reaching ${name}`, connecting).then(
    () => undefined,
    describeError,
  );
  timeUp.abort();
  const { becameUnreachable, becameReachable, isGone } = await recordReach(
    database,
    { destination: name, startedAt },
    error,
  );
  if (becameUnreachable) logger.warn(`${name} cannot be reached, its events wait: ${error}`);
  if (becameReachable) logger.log(`${name} can be reached again`);
  return isGone ? 'gone' : 'known';
}

/** Keeps whether a destination can be reached, and that a relay serves it; `isGone`: somebody removed it. @param error undefined: it can */
async function recordReach(
  database: Database,
  {
    destination,
    startedAt,
  }: { readonly destination: string; readonly startedAt: Date | undefined },
  error: string | undefined,
): Promise<{
  readonly becameUnreachable: boolean;
  readonly becameReachable: boolean;
  readonly isGone: boolean;
}> {
  const [row] = await database.query<{ was: boolean; is_of_older: boolean }>(
    `UPDATE kakao_share.destinations d
     SET served_at = clock_timestamp(), unreachable_because = $2,
         unreachable_since = CASE WHEN $2::text IS NOT NULL THEN coalesce(d.unreachable_since, clock_timestamp()) END
     FROM (SELECT name, unreachable_since FROM kakao_share.destinations WHERE name = $1 FOR NO KEY UPDATE) before
     WHERE d.name = before.name RETURNING before.unreachable_since IS NOT NULL AS was,
       coalesce(d.declared_at < $3::timestamptz, false) AS is_of_older`,
    [destination, error ?? null, startedAt ?? null],
  );
  const was = row?.was === true;
  return {
    becameUnreachable: error !== undefined && !was,
    becameReachable: error === undefined && was,
    isGone: row === undefined || row.is_of_older,
  };
}
