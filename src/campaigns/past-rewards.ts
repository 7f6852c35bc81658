import type { Queryable, Transaction } from '../database/database.js';
import { insertRows } from '../database/insert-rows.js';
import type { CampaignVersion } from './campaign.js';
import type { PastReward } from './reward-history.js';
import type { Earned } from './reward-policy.js';
import type { ShareFacts } from './share-facts.js';

/** Which rewards a decision has to see. */
export interface HistoryScope {
  readonly campaignId: string;
  readonly userRef: string;
  /** Earlier ones cannot matter; undefined: all of them, of which a cap bounds the number. */
  readonly since: Date | undefined;
}

/** A calendar day has 25 hours at most; the margin makes up for a day that is told in another time zone. */
const DAYS_BACK_MS = 48 * 3_600_000;

/** What to read before a share of this user can be decided. */
export function historyScope(
  { receivedAt }: ShareFacts,
  userRef: string,
  { campaignId, rules }: CampaignVersion,
): HistoryScope {
  const seesAll =
    rules.caps.perUser !== null ||
    (rules.unverifiedCaps?.perUser ?? null) !== null ||
    rules.ladder?.per === 'campaign';
  const backMs = Math.max(DAYS_BACK_MS, rules.coolDownSeconds * 1_000);
  const since = seesAll ? undefined : new Date(receivedAt.getTime() - backMs);
  return { campaignId, userRef, since };
}

/** Reads what was earned in these scopes, and with these intents whenever that was. The caller holds the users' locks. */
export async function readPastRewards(
  queryable: Queryable,
  scopes: readonly HistoryScope[],
  intentIds: readonly string[],
): Promise<PastReward[]> {
  if (scopes.length === 0) return [];
  const rows = await queryable.query<{
    campaign_id: string;
    user_ref: string;
    intent_id: string | null;
    room: string;
    received_at: Date;
    paid: boolean;
  }>(
    `SELECT campaign_id, user_ref, intent_id, room, received_at, paid FROM (
       SELECT r.* FROM kakao_share.campaign_rewards r
       JOIN (SELECT campaign_id, user_ref, min(since) AS since
             FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS g (campaign_id, user_ref, since)
             GROUP BY campaign_id, user_ref) s
         ON r.campaign_id = s.campaign_id AND r.user_ref = s.user_ref AND r.received_at >= s.since
       UNION
       SELECT * FROM kakao_share.campaign_rewards WHERE intent_id = ANY($4)
     ) seen`,
    [
      scopes.map(({ campaignId }) => campaignId),
      scopes.map(({ userRef }) => userRef),
      scopes.map(({ since }) => since ?? '-infinity'),
      intentIds,
    ],
  );
  return rows.map((row) => ({
    campaignId: row.campaign_id,
    userRef: row.user_ref,
    intentId: row.intent_id ?? undefined,
    room: row.room,
    receivedAt: row.received_at,
    paid: row.paid,
  }));
}

/** Remembers what deliveries earned: once each, the database refuses a second time. */
export async function recordEarned(
  tx: Transaction,
  earned: readonly { readonly deliveryId: string; readonly earned: Earned }[],
): Promise<void> {
  await insertRows(
    tx,
    'kakao_share.campaign_rewards',
    {
      delivery_id: 'uuid',
      campaign_id: 'uuid',
      user_ref: 'uuid',
      intent_id: 'uuid',
      room: 'text',
      received_at: 'timestamptz',
      amount: 'bigint',
      paid: 'boolean',
    },
    earned.map(({ deliveryId, earned: reward }) => ({
      delivery_id: deliveryId,
      campaign_id: reward.campaignId,
      user_ref: reward.userRef,
      intent_id: reward.intentId,
      room: reward.room,
      received_at: reward.receivedAt,
      amount: reward.amount,
      paid: reward.paid,
    })),
  );
}

/** Forgets what deliveries were only observed to earn: they are decided again, and must not count against themselves. */
export async function forgetObserved(
  tx: Transaction,
  deliveryIds: readonly string[],
): Promise<void> {
  if (deliveryIds.length === 0) return;
  await tx.query(
    'DELETE FROM kakao_share.campaign_rewards WHERE delivery_id = ANY($1) AND NOT paid',
    [deliveryIds],
  );
}
