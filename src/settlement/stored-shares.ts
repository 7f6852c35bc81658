import { digestRoom, type IntentFacts, type ShareFacts } from '../campaigns/share-facts.js';
import { toInteger } from '../database/amount.js';
import type { Transaction } from '../database/database.js';
import { readJsonParameters } from '../kakao/json-parameters.js';

/** A share as it was recorded, and how it ended. */
export interface StoredShare {
  readonly deliveryId: string;
  readonly facts: ShareFacts;
  readonly before: {
    readonly verdict: string;
    readonly campaignId: string | undefined;
    /** What was paid, pending or at once. */
    readonly amount: number;
  };
}

interface StoredRow {
  id: string;
  received_at: Date;
  user_ref: string | null;
  chat_type: string;
  room_hash: string;
  template_id: string | null;
  single_chatroom: boolean | null;
  member_range: string | null;
  custom: string;
  intent_status: IntentFacts['status'];
  intent_id: string | null;
  intent_campaign_id: string | null;
  intent_expires_at: Date | null;
  verdict: string | null;
  campaign_id: string | null;
  amount: string | null;
}

/** The ids of the shares that an app received in a period, in the order of receipt. */
export async function findShares(
  tx: Transaction,
  { app, from, to }: { readonly app: string; readonly from: Date; readonly to: Date },
  limit: number,
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT id FROM kakao_share.shares WHERE app = $1 AND received_at >= $2 AND received_at < $3
     ORDER BY received_at, id LIMIT $4`,
    [app, from, to, limit],
  );
  return rows.map(({ id }) => id);
}

/** Tells facts from recorded shares, as settlement told them from webhooks. What was erased is left out. */
export async function readStoredShares(
  tx: Transaction,
  app: string,
  ids: readonly string[],
): Promise<StoredShare[]> {
  const rows = await tx.query<StoredRow>(
    // As text: the driver would round what was written.
    `SELECT s.id, s.received_at, s.user_ref, s.chat_type, s.room_hash, s.template_id, s.single_chatroom, s.member_range,
            s.custom::text AS custom, s.intent_status, s.intent_id,
            i.campaign_id AS intent_campaign_id, i.expires_at AS intent_expires_at,
            d.verdict, d.campaign_id, d.amount
     FROM kakao_share.shares s
     LEFT JOIN kakao_share.share_intents i ON i.id = s.intent_id
     LEFT JOIN kakao_share.decisions d ON d.delivery_id = s.id AND d.superseded_at IS NULL
     WHERE s.id = ANY($1) AND s.room_hash IS NOT NULL AND s.custom IS NOT NULL
     ORDER BY s.received_at, s.id`,
    [ids],
  );
  return rows.map((row) => ({
    deliveryId: row.id,
    facts: factsOf(app, row),
    before: {
      verdict: row.verdict ?? 'pending',
      campaignId: row.campaign_id ?? undefined,
      amount: toInteger(row.amount ?? '0'),
    },
  }));
}

function factsOf(app: string, row: StoredRow): ShareFacts {
  const custom = readJsonParameters(row.custom);
  return {
    app,
    receivedAt: row.received_at,
    userRef: row.user_ref ?? undefined,
    intent: intentOf(row),
    chatType: row.chat_type,
    singleChatroom: row.single_chatroom ?? undefined,
    memberRange: row.member_range ?? undefined,
    templateId: row.template_id ?? undefined,
    custom: typeof custom === 'string' ? [] : custom,
    room: digestRoom(app, row.room_hash),
  };
}

/** The database sees to it that exactly a valid one refers to its intent. */
function intentOf(row: StoredRow): IntentFacts {
  const { intent_status: status, intent_id: id } = row;
  const { intent_campaign_id: campaignId, intent_expires_at: expiresAt } = row;
  if (status !== 'valid') return { status };
  if (id === null || campaignId === null || expiresAt === null) return { status: 'invalid' };
  return { status, id, campaignId, expiresAt };
}
