import type { Transaction } from '../database/database.js';

/** An intent to store. */
export interface NewIntent {
  readonly id: string;
  readonly app: string;
  readonly campaignId: string;
  readonly userRef: string;
  readonly contentRef: string | undefined;
  readonly issuedBy: string;
  readonly issuedAt: Date;
  readonly lifetimeMinutes: number;
  /** Of the caller's idempotency key. */
  readonly keyDigest: string | undefined;
  readonly digest: Buffer;
}

/**
 * Stores an intent; undefined where another one has its key, which a transaction under way may just have inserted. It expires at a
 * full second, as its token says too.
 */
export async function insertIntent(
  tx: Transaction,
  intent: NewIntent,
): Promise<{ id: string; expiresAt: Date } | undefined> {
  const [row] = await tx.query<{ id: string; expires_at: Date }>(
    `INSERT INTO kakao_share.share_intents
       (id, app, campaign_id, user_ref, content_ref, issued_by, issued_at, expires_at, idempotency_key, request_digest)
     SELECT $1, $2, $3, $4, $5, $6, $7::timestamptz,
            date_trunc('second', $7::timestamptz + make_interval(mins => $8::integer)), $9, $10
     ON CONFLICT (app, idempotency_key) DO NOTHING RETURNING id, expires_at`,
    [
      intent.id,
      intent.app,
      intent.campaignId,
      intent.userRef,
      intent.contentRef ?? null,
      intent.issuedBy,
      intent.issuedAt,
      intent.lifetimeMinutes,
      intent.keyDigest ?? null,
      intent.digest,
    ],
  );
  return row === undefined ? undefined : { id: row.id, expiresAt: row.expires_at };
}

/** The intent that an idempotency key stands for. */
export async function findByKey(
  tx: Transaction,
  app: string,
  keyDigest: string,
): Promise<{ id: string; expiresAt: Date; digest: Buffer } | undefined> {
  const [row] = await tx.query<{ id: string; expires_at: Date; request_digest: Buffer }>(
    'SELECT id, expires_at, request_digest FROM kakao_share.share_intents WHERE app = $1 AND idempotency_key = $2',
    [app, keyDigest],
  );
  return row && { id: row.id, expiresAt: row.expires_at, digest: row.request_digest };
}

/** Whether a user, who must be locked, has so many intents of a campaign that are neither expired nor paid. */
export async function isOpenLimitReached(
  tx: Transaction,
  {
    userRef,
    campaignId,
    now,
    limit,
  }: { userRef: string; campaignId: string; now: Date; limit: number },
): Promise<boolean> {
  const [row] = await tx.query<{ reached: boolean }>(
    `SELECT count(*) >= $4 AS reached FROM (
       SELECT FROM kakao_share.share_intents i
       WHERE i.user_ref = $1 AND i.campaign_id = $2 AND i.expires_at > $3
         AND NOT EXISTS (SELECT FROM kakao_share.campaign_rewards r WHERE r.intent_id = i.id AND r.paid)
       LIMIT $4) open`,
    [userRef, campaignId, now, limit],
  );
  return row?.reached ?? true;
}
