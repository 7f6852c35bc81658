import type { ShareEvent } from '../events/domain-event.js';
import { openWebhook } from './share-event-signature.js';

/** A request as an outgoing webhook is sent. */
export interface SignedShareEvent {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Builds the request that we would send, for tests of your receiver.
 * @param secret `whsec_` and base64 of 24 to 64 bytes, any in a test
 * @param at when it is signed: long ago for a request that must be refused
 * @throws {SignatureSecretError}
 */
export function signShareEvent(
  secret: string,
  event: ShareEvent,
  at: Date = new Date(),
): SignedShareEvent {
  const body = JSON.stringify(event);
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': event.id,
      'webhook-timestamp': `${Math.floor(at.getTime() / 1000)}`,
      'webhook-signature': openWebhook(secret).sign(event.id, at, body),
    },
  };
}
