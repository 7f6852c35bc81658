import type { Transaction } from '../database/database.js';
import { holdsUnstorableText } from '../kakao/parameter.js';
import { writeCustomParameters, type ShareWebhook } from '../kakao/share-webhook.js';

/** A share to record: a delivery that was understood, and the user it names. */
export interface NewShare {
  readonly deliveryId: string;
  readonly app: string;
  readonly receivedAt: Date;
  readonly userRef: string | undefined;
  /** What became of the token that it carried. */
  readonly intent: {
    readonly status: 'none' | 'valid' | 'invalid' | 'foreign';
    readonly id?: string;
  };
  readonly webhook: ShareWebhook;
  /** Its user was erased before: neither room nor custom parameters are kept. */
  readonly isErased: boolean;
}

/** Records shares. One that is decided again is told anew, as it was read this time: what was received stands in its delivery. */
export async function recordShares(tx: Transaction, shares: readonly NewShare[]): Promise<void> {
  if (shares.length === 0) return;
  const column = <T>(valueOf: (share: NewShare) => T): T[] => shares.map(valueOf);
  const custom = column((s) => (s.isErased ? null : writeCustomParameters(s.webhook.custom)));
  await tx.query(
    `INSERT INTO kakao_share.shares (id, app, user_ref, chat_type, room_hash, template_id, single_chatroom, member_range,
                                     custom, unknown_values, received_at, intent_status, intent_id, has_unstorable_text)
     SELECT id, app, user_ref, chat_type, room_hash, template_id, single_chatroom, member_range,
            custom, string_to_array(unknown_values, ','), received_at, intent_status, intent_id, has_unstorable_text
     FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::text[],
                 $9::json[], $10::text[], $11::timestamptz[], $12::text[], $13::uuid[], $14::boolean[])
       AS given (id, app, user_ref, chat_type, room_hash, template_id, single_chatroom, member_range,
                 custom, unknown_values, received_at, intent_status, intent_id, has_unstorable_text)
     ON CONFLICT (id) DO UPDATE
     SET app = excluded.app, user_ref = excluded.user_ref, chat_type = excluded.chat_type, room_hash = excluded.room_hash,
         template_id = excluded.template_id, single_chatroom = excluded.single_chatroom, member_range = excluded.member_range,
         custom = excluded.custom, unknown_values = excluded.unknown_values,
         intent_status = excluded.intent_status, intent_id = excluded.intent_id,
         has_unstorable_text = excluded.has_unstorable_text`,
    [
      column((s) => s.deliveryId),
      column((s) => s.app),
      column((s) => s.userRef ?? null),
      column((s) => s.webhook.fields.CHAT_TYPE),
      column((s) => (s.isErased ? null : s.webhook.fields.HASH_CHAT_ID)),
      column((s) => s.webhook.fields.TEMPLATE_ID ?? null),
      column((s) => s.webhook.fields.IS_SINGLE_CHATROOM ?? null),
      column((s) => s.webhook.fields.CHAT_MEMBER_COUNT_RANGE ?? null),
      custom,
      column((s) => s.webhook.unknownValues.join(',')),
      column((s) => s.receivedAt),
      column((s) => s.intent.status),
      column((s) => s.intent.id ?? null),
      custom.map((json) => json !== null && holdsUnstorableText(json)),
    ],
  );
}
