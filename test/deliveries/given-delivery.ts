import { newId } from '../../src/database/new-id.js';
import { SHARE_SOURCE, type Delivery } from '../../src/deliveries/delivery.js';

/** A delivery as the door makes it from a share of this user in this room. */
export function givenDelivery(
  resourceId: string | undefined,
  { userId = 'minji', room = 'room-1', ...overrides }: Partial<Delivery> & { room?: string } = {},
): Delivery {
  return {
    id: newId(),
    source: SHARE_SOURCE,
    app: 'default',
    resourceId,
    receivedAt: new Date(),
    keyFingerprint: 'test',
    userParameter: 'user_id',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    query: Buffer.alloc(0),
    body: Buffer.from(
      JSON.stringify({ CHAT_TYPE: 'DirectChat', HASH_CHAT_ID: room, user_id: userId }),
    ),
    problems: [],
    ...overrides,
  };
}
