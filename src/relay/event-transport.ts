import type { Transaction } from '../database/database.js';
import type { DomainEventType, ShareEvent } from '../events/domain-event.js';

/** What a destination hears of. */
export interface Audience {
  readonly kind: 'transport' | 'handler' | 'endpoint';
  /** Events of this app alone; undefined: of every app. */
  readonly app?: string;
  /** Events of these types alone; undefined: of all. */
  readonly types?: readonly DomainEventType[];
}

/** A way out for events. Its name is its destination: progress is kept under it. */
export interface EventTransport {
  readonly name: string;
  /** What it hears of. Absent: everything, as a transport. Endpoints are made and removed by their owners, never by a relay. */
  readonly audience?: Audience;
  /**
   * How many events one call of `publish` takes at most: as many as are safe on the other side, or not, together. What is
   * told one by one takes one, so that a failure or a slow listener costs no event that went before it.
   */
  readonly batchSize: number;
  /** How many shards of users one relay tells at a time. Default 1. */
  readonly parallelShards?: number;
  /** Whether its consumers are told the room's hash (`roomHash` of `kakao.share.recorded`); set by who opens it. Default: no. */
  includesRoomHash?: boolean;
  /** The longest rest between two tries, ms. Default 15 s. */
  readonly maxRestMs?: number;
  /** After failing for so long without one success the destination is paused. Default: never. */
  readonly pauseAfterMs?: number;
  /** What else belongs to being paused by the relay, in the transaction that pauses. */
  onPaused?(tx: Transaction, pause: Pause): Promise<void>;
  /**
   * Resolves when the other side can be reached: at once where a connection stands. Called at start and every now and then,
   * also beside calls of `publish`, so that operators hear of a server that is away before an event waits for it.
   * @param signal aborted when the time is up or the relay stops
   */
  connect(signal: AbortSignal): Promise<void>;
  /**
   * Hands events over; resolves when all are safe on the other side. Events of one subject must arrive there in the order
   * given, and where one did not arrive none after it may: so that repeating keeps the order. For one shard of users it is
   * called again only after it has returned, however long that takes: one that never does stops that shard in this process.
   * @param signal aborted when the time is up: no event that is not begun must be begun. One that is begun may be finished,
   *   and to resolve still counts.
   * @throws {EventRefusedError} when the other side will never take one of the events, whatever the time: it goes aside, the
   *   others come again
   * @throws {DestinationUnavailableError} when it is no event's fault for certain: all come again, and none goes aside
   * @throws {DestinationGoneError} when nobody will ever take anything there: its destination is paused
   * @throws anything else when it is not known whether all arrived: all come again
   */
  publish(events: readonly ShareEvent[], signal: AbortSignal): Promise<void>;
  /** Called once, when no call is under way. */
  close(): Promise<void>;
}

/** Why a relay paused a destination. */
export interface Pause {
  /** The first of the failures. */
  readonly since: Date;
  /** For operators: no secret, nothing personal. */
  readonly reason: string;
}

/** The other side will never take this event: too large for it, say. It goes aside with the reason, later ones go on. */
export class EventRefusedError extends Error {
  readonly code = 'KAKAO_SHARE_EVENT_REFUSED';
  override readonly name = 'EventRefusedError';

  /** @param reason is kept with the event and shown to operators: no secret, nothing personal */
  constructor(
    readonly eventId: string,
    reason: string,
  ) {
    super(reason);
  }
}

/** The other side is gone for good and says so: its destination is paused at once. */
export class DestinationGoneError extends Error {
  readonly code = 'KAKAO_SHARE_DESTINATION_GONE';
  override readonly name = 'DestinationGoneError';
}

/** It is not the fault of any event that they were not taken: they wait, and none goes aside, however often it happens. */
export abstract class DestinationUnavailableError extends Error {
  abstract readonly code: string;
}

/** The other side asks for a rest. */
export class DestinationBusyError extends DestinationUnavailableError {
  readonly code = 'KAKAO_SHARE_DESTINATION_BUSY';
  override readonly name = 'DestinationBusyError';

  constructor(
    message: string,
    /** At least so long, within the transport's longest rest. */
    readonly retryAfterMs: number,
  ) {
    super(message);
  }
}
