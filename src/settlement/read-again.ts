import type { Transaction } from '../database/database.js';
import { INTENT_PARAMETER } from '../intents/intent-token.js';
import type { CorrectedFields } from '../kakao/correct-parameters.js';
import type { Problem } from '../kakao/parameter.js';
import type { ShareWebhook } from '../kakao/share-webhook.js';
import { readReceived, type ReceivedRequest } from './received-request.js';

/** What came of a delivery when it was decided before. */
export interface Earlier {
  readonly verdict: string;
  /** The app that it was of then, and whose share it was. */
  readonly app: string;
  readonly userRef: string | undefined;
  /** It was decided as a share of the app that it is of now, and others were told so. */
  readonly isRecorded: boolean;
}

/** A delivery that was decided before, read once more: by this version, and with what people put right. */
export interface ReadAgain {
  readonly app: string;
  readonly reading: ShareWebhook | readonly Problem[];
  readonly earlier: Earlier;
  /** The token, if there is one, is what people put right: nobody has received it. */
  readonly isTokenCorrected: boolean;
}

interface EarlierRow {
  id: string;
  app: string;
  fields: CorrectedFields | null;
  holds_key: boolean;
  is_recorded: boolean;
  verdict: string;
  app_before: string;
  user_before: string | null;
}

/** What a delivery needs before it can pay: no other has its resource id. */
export const NO_RESOURCE_ID: Problem = { field: 'X-Kakao-Resource-ID', problem: 'is not known' };

/**
 * Reads deliveries that were decided before. Only those can have corrections: what comes in new is not asked for any. Problems
 * that the door found are not believed, since this may be a later version; only a resource id cannot be read from the bytes.
 */
export async function readAgain(
  tx: Transaction,
  rows: readonly (ReceivedRequest & {
    readonly id: string;
    readonly problems: readonly Problem[] | null;
  })[],
): Promise<Map<string, ReadAgain>> {
  if (rows.length === 0) return new Map();
  const states = await tx.query<EarlierRow>(
    `SELECT d.id, coalesce(c.app, d.app) AS app, c.fields,
            EXISTS (SELECT FROM kakao_share.delivery_keys k
                    WHERE k.resource_id = coalesce(c.resource_id, d.resource_id) AND k.app = coalesce(c.app, d.app)
                      AND k.source = d.source AND k.delivery_id = d.id) AS holds_key,
            EXISTS (SELECT FROM kakao_share.decisions e WHERE e.delivery_id = d.id AND e.app = coalesce(c.app, d.app)
                      AND e.verdict NOT IN ('quarantined', 'failed')) AS is_recorded,
            n.verdict, n.app AS app_before, n.user_ref AS user_before
     FROM kakao_share.deliveries d
     JOIN LATERAL (SELECT verdict, app, user_ref FROM kakao_share.decisions
                   WHERE delivery_id = d.id ORDER BY number DESC LIMIT 1) n ON true
     LEFT JOIN LATERAL (SELECT app, resource_id, fields FROM kakao_share.delivery_corrections
                        WHERE delivery_id = d.id ORDER BY number DESC LIMIT 1) c ON true
     WHERE d.id = ANY($1)`,
    [rows.map(({ id }) => id)],
  );
  const byId = new Map(states.map((state) => [state.id, state]));
  return new Map(
    rows.flatMap((row) => {
      const state = byId.get(row.id);
      if (state === undefined) return [];
      const { app, verdict, app_before, user_before, is_recorded: isRecorded } = state;
      const earlier = { verdict, app: app_before, userRef: user_before ?? undefined, isRecorded };
      const isTokenCorrected = Object.hasOwn(state.fields ?? {}, INTENT_PARAMETER);
      return [[row.id, { app, earlier, isTokenCorrected, reading: readOne(row, state) }]];
    }),
  );
}

function readOne(
  row: ReceivedRequest & { readonly problems: readonly Problem[] | null },
  { fields, holds_key }: EarlierRow,
): ShareWebhook | Problem[] {
  const reading = readReceived(row, fields ?? {});
  if (holds_key) return reading;
  const told = row.problems?.find(({ field }) => field === NO_RESOURCE_ID.field);
  return [told ?? NO_RESOURCE_ID, ...(Array.isArray(reading) ? reading : [])];
}
