export { WebhookModule } from './webhook/webhook.module.js';
export type {
  WebhookModuleAsyncOptions,
  WebhookModuleOptions,
  WebhookModuleShape,
} from './webhook/webhook-options.js';
export type { WebhookAnswer } from './webhook/share-webhook.controller.js';
export { WebhookPathError } from './webhook/mount-doorstep.js';
export { SettlementModule } from './settlement/settlement.module.js';
export type {
  EventTransportName,
  SettlementModuleAsyncOptions,
  SettlementModuleOptions,
  SettlementModuleShape,
} from './settlement/settlement-options.js';
export { ShareIntentsModule } from './intents/share-intents.module.js';
export type {
  ShareIntentsModuleAsyncOptions,
  ShareIntentsModuleOptions,
  ShareIntentsModuleShape,
} from './intents/share-intents-options.js';
export { ShareIntents, type IssuedIntent } from './intents/share-intents.js';
export type { IntentRequest } from './intents/intent-request.js';
export type { IntentState, IntentStatus } from './intents/intent-status.js';
export type { IntentShare, IntentView } from './intents/find-intent.js';
export {
  SHARE_FUNCTIONS,
  type ShareFunction,
  type ShareParameters,
  type ShareRequest,
} from './intents/share-request.js';
export { INTENT_PARAMETER } from './intents/intent-token.js';
export { IdempotencyConflictError } from './idempotency/idempotency-conflict-error.js';
export {
  CampaignClosedError,
  IntentRequestError,
  NoSigningKeysError,
  OpenIntentLimitError,
  StatusBusyError,
  UserErasedError,
} from './intents/intent-errors.js';
export { SigningKeysError } from './intents/signing-keys.js';
export { ShareEvents, type ShareEventListener } from './events/share-events.js';
export type { DomainEventType, ShareEvent } from './events/domain-event.js';
export { KeyRingError, type KakaoApps } from './kakao/key-ring.js';
export { CHAT_TYPES, type ChatType } from './kakao/chat-types.js';
export { MEMBER_COUNT_RANGES, type MemberCountRange } from './kakao/member-count-ranges.js';
export { RESERVED_WORDS, type ReservedWord } from './kakao/reserved-words.js';
export { migrate, MigrationError } from './database/migrate.js';
export { migrateQueue } from './queue/migrate-queue.js';
export type { QueueStoreOptions } from './queue/queue-store.js';
