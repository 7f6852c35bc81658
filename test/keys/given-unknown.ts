import { newId } from '../../src/database/new-id.js';
import type { UnknownKeyRequest } from '../../src/keys/unknown-key.js';

/** A request as it may have come with an unknown key. */
export function givenRequest(receivedAt: Date, bytes = 100): UnknownKeyRequest {
  const id = newId();
  return {
    ...{ id, receivedAt, method: 'POST', resourceId: `resource ${id}` },
    headers: { 'content-type': 'application/json' },
    query: Buffer.alloc(0),
    body: Buffer.alloc(bytes, ' '),
  };
}
