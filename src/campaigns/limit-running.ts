import type { Transaction } from '../database/database.js';
import { TooManyCampaignsError } from './campaign-errors.js';

/** Far more than any app runs at a time. Each settlement looks at all of them, and can at five times as many. */
const MAX_RUNNING = 1_000;

/**
 * Keeps the campaigns of an app that are neither ended nor over within what settlement can look at. Call it under the app's lock.
 * @throws {TooManyCampaignsError} when another one would be too many
 */
export async function limitRunning(
  tx: Transaction,
  { id, app }: { readonly id: string | undefined; readonly app: string },
): Promise<void> {
  const [others] = await tx.query<{ running: number }>(
    `SELECT count(*)::integer AS running FROM kakao_share.current_campaigns
     WHERE app = $1 AND id IS DISTINCT FROM $2 AND state IN ('live', 'paused')
       AND coalesce((rules ->> 'endsAt')::timestamptz, 'infinity') > clock_timestamp()`,
    [app, id ?? null],
  );
  if ((others?.running ?? 0) >= MAX_RUNNING)
    throw new TooManyCampaignsError(
      `The app has ${MAX_RUNNING} campaigns that are live or paused and not over, as many as can be: end some first.`,
    );
}
