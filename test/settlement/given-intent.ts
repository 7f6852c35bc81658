import { randomBytes } from 'node:crypto';
import { newId } from '../../src/database/new-id.js';
import type { Delivery } from '../../src/deliveries/delivery.js';
import { insertIntent } from '../../src/intents/intent-store.js';
import { INTENT_PARAMETER, writeIntentToken } from '../../src/intents/intent-token.js';
import { IntentSigningKeys } from '../../src/intents/signing-keys.js';
import { lockUsers, userKey } from '../../src/users/lock-users.js';
import { givenDelivery } from '../deliveries/given-delivery.js';
import type { TestDatabase } from '../support/test-database.js';

const LIMITS = { statementTimeoutMs: 10_000 };
const SEVEN_DAYS_IN_MINUTES = 7 * 24 * 60;

export const SIGNING_KEY = randomBytes(24).toString('base64url');
export const SIGNING_KEYS = new IntentSigningKeys([SIGNING_KEY]);

/** A promise as it is made before a share, at whatever time a test plays; its token. */
export async function givenIntent(
  db: TestDatabase,
  {
    campaignId,
    userId,
    app = 'default',
    issuedAt = new Date(),
    lifetimeMinutes = SEVEN_DAYS_IN_MINUTES,
  }: {
    campaignId: string;
    userId: string;
    app?: string;
    issuedAt?: Date;
    lifetimeMinutes?: number;
  },
): Promise<string> {
  const intent = await db.database.transaction(LIMITS, async (tx) => {
    const { byName } = await lockUsers(tx, [{ app, userId }]);
    return insertIntent(tx, {
      id: newId(),
      app,
      campaignId,
      userRef: byName.get(userKey({ app, userId })) ?? '',
      contentRef: undefined,
      issuedBy: 'test',
      issuedAt,
      lifetimeMinutes,
      keyDigest: undefined,
      digest: randomBytes(8),
    });
  });
  if (intent === undefined) throw new Error('The intent was not stored.');
  return writeIntentToken(intent, SIGNING_KEYS);
}

/** A delivery whose share carries a token, and says of its user what the browser made it say. */
export function deliveryWith(
  token: string,
  {
    room = 'room-1',
    chatType = 'DirectChat',
    claimedUser,
    ...overrides
  }: Partial<Delivery> & { room?: string; chatType?: string; claimedUser?: string } = {},
): Delivery {
  return givenDelivery(newId(), {
    body: Buffer.from(
      JSON.stringify({
        CHAT_TYPE: chatType,
        HASH_CHAT_ID: room,
        [INTENT_PARAMETER]: token,
        ...(claimedUser === undefined ? {} : { user_id: claimedUser }),
      }),
    ),
    ...overrides,
  });
}
