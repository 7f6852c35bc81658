import type { Queryable } from '../database/database.js';

/** An intent as it was promised: what a share that carries it is judged by. */
export interface StoredIntent {
  readonly id: string;
  readonly app: string;
  readonly campaignId: string;
  readonly userRef: string;
  readonly expiresAt: Date;
}

interface IntentRow {
  id: string;
  app: string;
  campaign_id: string;
  user_ref: string;
  expires_at: Date;
}

/** Reads intents by id; those that do not exist are left out. They never change, so no lock is needed. */
export async function readIntents(
  queryable: Queryable,
  ids: readonly string[],
): Promise<Map<string, StoredIntent>> {
  if (ids.length === 0) return new Map();
  const rows = await queryable.query<IntentRow>(
    'SELECT id, app, campaign_id, user_ref, expires_at FROM kakao_share.share_intents WHERE id = ANY($1)',
    [ids],
  );
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        app: row.app,
        campaignId: row.campaign_id,
        userRef: row.user_ref,
        expiresAt: row.expires_at,
      },
    ]),
  );
}
