import type { Transaction } from '../database/database.js';
import { firstIdAt } from '../database/new-id.js';
import { VERDICTS, type Verdict } from './outcome.js';

/** A second of work for the workers, and a dry run that holds their locks for no longer. */
export const MAX_REPLAYED = 1_000;

/** How a delivery can have ended that may be decided again: what has paid never is. */
export const REPLAYABLE_VERDICTS = VERDICTS.filter(
  (verdict) => verdict !== 'rewarded' && verdict !== 'held',
);

/** Which deliveries are to be decided again. */
export interface ReplaySelection {
  /** Of these apps, as corrected; undefined: of every app. */
  readonly apps: readonly string[] | undefined;
  /** Received from here, */
  readonly from: Date;
  /** and before this. */
  readonly to: Date;
  /** That ended so; undefined: in any way that did not pay. */
  readonly verdicts: readonly Verdict[] | undefined;
  /** That this campaign decided about. */
  readonly campaignId: string | undefined;
  /** Where the replay before this one stopped. */
  readonly after: string | undefined;
  /** At most as many, the oldest first. */
  readonly limit: number;
}

export interface Found {
  readonly ids: readonly string[];
  /** Continue after this delivery; null: that was all. */
  readonly next: string | null;
}

/** Ids are made when a request is received, also of one that is kept aside first; by clocks that are hardly ever further apart. */
const CLOCK_SKEW_MS = 3_600_000;

// A correction since its decision may have moved it: it will be decided, and paid, in the app that it is of now.
const APP_NOW = `coalesce(
  (SELECT k.app FROM kakao_share.delivery_corrections k WHERE k.delivery_id = d.id ORDER BY k.number DESC LIMIT 1), d.app)`;

/**
 * Finds decided deliveries that have not paid, oldest first. Verdict by verdict, so that each is a walk along its index that ends
 * at the limit.
 */
export async function findReplayable(tx: Transaction, selection: ReplaySelection): Promise<Found> {
  const { apps, from, to, verdicts, campaignId, after, limit } = selection;
  const rows = await tx.query<{ id: string }>(
    `SELECT f.id FROM unnest($1::text[]) AS v (verdict)
     CROSS JOIN LATERAL (
       SELECT c.delivery_id AS id FROM kakao_share.decisions c JOIN kakao_share.deliveries d ON d.id = c.delivery_id
       WHERE c.superseded_at IS NULL AND c.verdict = v.verdict AND c.transfer_id IS NULL
         AND c.delivery_id >= $2 AND c.delivery_id < $3 AND ($4::uuid IS NULL OR c.delivery_id > $4)
         AND d.received_at >= $5 AND d.received_at < $6 AND d.query IS NOT NULL
         AND ($7::text[] IS NULL OR ${APP_NOW} = ANY($7)) AND ($8::uuid IS NULL OR c.campaign_id = $8)
       ORDER BY c.delivery_id LIMIT $9) f
     ORDER BY f.id LIMIT $9`,
    [
      verdicts ?? REPLAYABLE_VERDICTS,
      firstIdAt(new Date(from.getTime() - CLOCK_SKEW_MS)),
      firstIdAt(new Date(to.getTime() + CLOCK_SKEW_MS)),
      after ?? null,
      ...[from, to, apps ?? null, campaignId ?? null, limit + 1],
    ],
  );
  const ids = rows.slice(0, limit).map(({ id }) => id);
  return { ids, next: rows.length > limit ? (ids.at(-1) ?? null) : null };
}
