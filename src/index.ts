export { WebhookModule } from './webhook/webhook.module.js';
export type {
  WebhookModuleAsyncOptions,
  WebhookModuleOptions,
  WebhookModuleShape,
} from './webhook/webhook-options.js';
export type { DoorObserver, DoorStanding } from './webhook/door-observer.js';
export type { WebhookAnswer } from './webhook/share-webhook.controller.js';
export { CallerNetworksError } from './webhook/caller-networks.js';
export { WebhookPathError } from './webhook/mount-doorstep.js';
export { SettlementModule } from './settlement/settlement.module.js';
export type {
  SettlementModuleAsyncOptions,
  SettlementModuleOptions,
  SettlementModuleShape,
} from './settlement/settlement-options.js';
export type { SettlementObserver } from './settlement/settlement-observer.js';
export { WatchModule } from './watch/watch.module.js';
export type {
  WatchModuleAsyncOptions,
  WatchModuleOptions,
  WatchModuleShape,
} from './watch/watch-options.js';
export { AlarmBoard } from './watch/alarm-board.js';
export { DoorTally } from './watch/door-tally.js';
export type { Alarm, Finding, Severity } from './watch/alarm.js';
export { ALARM_NAMES, type AlarmName } from './config/alarm-settings.js';
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
export type { EventTransportName } from './transports/open-transport.js';
export type { RabbitmqOptions } from './transports/rabbitmq-transport.js';
export type { NatsOptions } from './transports/nats-options.js';
export type {
  KafkaOptions,
  KafkaSaslMechanism,
  KafkaSocketFactory,
} from './transports/kafka-options.js';
export { TransportOptionsError } from './transports/broker-errors.js';
export {
  DestinationBusyError,
  DestinationGoneError,
  DestinationUnavailableError,
  EventRefusedError,
  type Audience,
  type EventTransport,
  type Pause,
} from './relay/event-transport.js';
export type { EndpointOptions } from './endpoints/endpoint-setup.js';
export { EndpointKeysError, EndpointNetworksError } from './endpoints/endpoint-errors.js';
export { ShareEvents, type ShareEventListener } from './transports/share-events.js';
export {
  OnShareEvent,
  type OnShareEventOptions,
  type ShareEventDecorator,
} from './transports/on-share-event.js';
export { ShareEventHandlerError } from './transports/share-event-handler-error.js';
export type { DomainEventType, EventData, ShareEvent } from './events/domain-event.js';
export {
  KakaoKeyRing,
  KeyRingError,
  type KakaoApps,
  type KeyChange,
  type KeyHolder,
} from './kakao/key-ring.js';
export { CHAT_TYPES, type ChatType } from './kakao/chat-types.js';
export { MEMBER_COUNT_RANGES, type MemberCountRange } from './kakao/member-count-ranges.js';
export { RESERVED_WORDS, type ReservedWord } from './kakao/reserved-words.js';
export { migrate, MigrationError } from './database/migrate.js';
export { migrateQueue } from './queue/migrate-queue.js';
export type { QueueStoreOptions } from './queue/queue-store.js';
