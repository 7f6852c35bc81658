/**
 * `nestjs-kakao-share/consumer`: for those who consume events, in any Node process. Loads no framework and no client.
 */
export { parseShareEvent, ShareEventFormatError } from './consumers/parse-share-event.js';
export { isKnownEventType } from './consumers/is-known-event-type.js';
export { ShareEventVerifier, type WebhookHeaders } from './consumers/share-event-verifier.js';
export {
  MissingSignatureError,
  ShareEventSignatureError,
  SignatureSecretError,
  StaleSignatureError,
  WrongSignatureError,
} from './consumers/share-event-signature.js';
export { signShareEvent, type SignedShareEvent } from './consumers/sign-share-event.js';
export type { DomainEventType, EventData, ShareEvent } from './events/domain-event.js';
export {
  handleOnce,
  InboxTableError,
  InboxTransactionError,
  type Handling,
} from './consumers/handle-once.js';
export {
  createInboxTable,
  forgetHandled,
  InboxNameError,
  type InboxTable,
} from './consumers/inbox-table.js';
export {
  ConsumerConnectionError,
  type ConsumerConnection,
} from './consumers/consumer-connection.js';
