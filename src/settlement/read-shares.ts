import { digestRoom, type IntentFacts, type ShareFacts } from '../campaigns/share-facts.js';
import type { Transaction } from '../database/database.js';
import { NoSigningKeysError } from '../intents/intent-errors.js';
import { claimedIntentId, INTENT_PARAMETER, readIntentToken } from '../intents/intent-token.js';
import { readIntents, type StoredIntent } from '../intents/read-intents.js';
import type { IntentSigningKeys } from '../intents/signing-keys.js';
import type { ShareWebhook } from '../kakao/share-webhook.js';
import { lockUsers, userKey, type LockedUsers } from '../users/lock-users.js';
import type { OpenDelivery } from './open-delivery.js';

/** A delivery that was understood, with its user locked. */
export interface Understood {
  readonly delivery: OpenDelivery;
  readonly webhook: ShareWebhook;
  readonly facts: ShareFacts;
}

/** What a share's token stands for, before its user is known. */
interface Carried {
  readonly delivery: OpenDelivery;
  readonly webhook: ShareWebhook;
  readonly intent: StoredIntent | Exclude<IntentFacts['status'], 'valid'>;
}

/**
 * Tells facts from webhooks: follows their tokens to the intents that were stored, and locks the users. Whose share it is comes
 * from the intent; only a share without one is its claimed user's.
 */
export async function readShares(
  tx: Transaction,
  deliveries: readonly OpenDelivery[],
  keys: IntentSigningKeys | undefined,
): Promise<Understood[]> {
  const carried = await followTokens(tx, deliveries, keys);
  const users = await lockUsers(
    tx,
    carried.flatMap((one) => claimedUser(one) ?? []),
    carried.flatMap(({ intent }) => (typeof intent === 'string' ? [] : [intent.userRef])),
  );
  return carried.map((one) => ({ ...one, facts: factsOf(one, users) }));
}

async function followTokens(
  tx: Transaction,
  deliveries: readonly OpenDelivery[],
  keys: IntentSigningKeys | undefined,
): Promise<Carried[]> {
  const readable = deliveries.flatMap((delivery) =>
    'fields' in delivery.reading
      ? [{ delivery, webhook: delivery.reading, claim: readToken(delivery.reading, keys) }]
      : [],
  );
  const intents = await readIntents(
    tx,
    readable.flatMap(({ claim }) => ('id' in claim ? [claim.id] : [])),
  );
  return readable.map(({ delivery, webhook, claim }) => ({
    delivery,
    webhook,
    intent: 'id' in claim ? judge(claim, intents.get(claim.id), delivery.app) : claim.status,
  }));
}

/**
 * Signed with our key, yet not ours: of another app, or of another installation with the same key.
 * @throws {NoSigningKeysError} when nothing can be verified here and the intent does exist: a worker that has the keys pays it
 */
function judge(
  claim: { readonly isVerified: boolean },
  intent: StoredIntent | undefined,
  app: string,
): Carried['intent'] {
  if (!claim.isVerified && intent !== undefined) throw new NoSigningKeysError();
  if (!claim.isVerified) return 'invalid';
  return intent?.app === app ? intent : 'foreign';
}

/** Without keys nothing is verified. An empty token is none. */
function readToken(
  { custom }: ShareWebhook,
  keys: IntentSigningKeys | undefined,
): { id: string; isVerified: boolean } | { status: 'none' | 'invalid' } {
  const given = custom.filter(({ name }) => name === INTENT_PARAMETER).map(({ value }) => value);
  const [only] = given;
  if (only === undefined) return { status: 'none' };
  if (given.length > 1) return { status: 'invalid' };
  if ('json' in only) return { status: only.json === 'null' ? 'none' : 'invalid' };
  if (only.text === '') return { status: 'none' };
  const id = keys === undefined ? claimedIntentId(only.text) : readIntentToken(only.text, keys)?.id;
  return id === undefined ? { status: 'invalid' } : { id, isVerified: keys !== undefined };
}

/** Nobody is looked up by a claim when an intent says whose share it is. */
function claimedUser({
  delivery,
  webhook,
  intent,
}: Carried): { app: string; userId: string } | undefined {
  if (typeof intent !== 'string' || webhook.userId === undefined) return undefined;
  return { app: delivery.app, userId: webhook.userId };
}

function factsOf(one: Carried, users: LockedUsers): ShareFacts {
  const { delivery, webhook, intent } = one;
  const { fields, custom } = webhook;
  const claimed = claimedUser(one);
  const userRef =
    typeof intent === 'string'
      ? claimed && users.byName.get(userKey(claimed))
      : users.present.has(intent.userRef)
        ? intent.userRef
        : undefined;
  return {
    app: delivery.app,
    receivedAt: delivery.receivedAt,
    userRef,
    intent: typeof intent === 'string' ? { status: intent } : { ...intent, status: 'valid' },
    chatType: fields.CHAT_TYPE,
    singleChatroom: fields.IS_SINGLE_CHATROOM,
    memberRange: fields.CHAT_MEMBER_COUNT_RANGE,
    templateId: fields.TEMPLATE_ID,
    custom,
    room: digestRoom(delivery.app, fields.HASH_CHAT_ID),
  };
}
