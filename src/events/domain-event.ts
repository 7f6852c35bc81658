import {
  CATALOGUE,
  dataSchemaUri,
  type DomainEventType,
  type EventData,
} from './catalogue/catalogue.js';

export type { DomainEventType, EventData } from './catalogue/catalogue.js';

/** What can happen, in the past tense. */
export const DOMAIN_EVENT_TYPES: readonly DomainEventType[] = CATALOGUE.map(({ type }) => type);

/**
 * An event as others receive it: CloudEvents 1.0 in JSON. At least once; `id` is the same each time. Once `type` is known, so is
 * what `data` holds; `ShareEvent<'reward.credited'>` is the event of that type alone.
 * Source: CloudEvents 1.0.2, with the extension attribute `sequence`.
 */
export type ShareEvent<Name extends DomainEventType = DomainEventType> =
  Name extends DomainEventType ? ShareEventOf<Name> : never;

interface ShareEventOf<Name extends DomainEventType> {
  readonly specversion: '1.0';
  /** A UUIDv7, the same each time the event comes: what to remember so that its effect happens once. */
  readonly id: string;
  /** `/kakao-share/` and the app. */
  readonly source: string;
  /** What happened, in the past tense. */
  readonly type: Name;
  /** The user's id, as the custom parameter gave it; absent where there is no user, or none any more. */
  readonly subject?: string;
  /** When it happened, RFC 3339. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** Names the schema of `data`, by type and version: `tag:nestjs-kakao-share,2026:events/<type>/v<version>`. */
  readonly dataschema: string;
  /** Counts this user's events from 1 without gaps, zero-padded so that texts sort as numbers do. */
  readonly sequence?: string;
  /** What happened to what, as the catalogue defines it for this type. */
  readonly data: EventData<Name>;
}

/** Something that happened, to be written in the transaction of what happened. */
export type NewEvent<Name extends DomainEventType = DomainEventType> = Name extends DomainEventType
  ? NewEventOf<Name>
  : never;

interface NewEventOf<Name extends DomainEventType> {
  readonly type: Name;
  readonly app: string;
  /** Our surrogate for the user it happened to; undefined where there is none, and so no order. */
  readonly userRef: string | undefined;
  /** When it happened, which may be long before it is written. */
  readonly occurredAt: Date;
  /** Refers to no person: no external user id, no room, no payload. */
  readonly data: StoredData<Name>;
}

/** The room is not written down with the event: it would outlive the person's erasure there. */
type StoredData<Name extends DomainEventType> = Name extends 'kakao.share.recorded'
  ? Omit<EventData<Name>, 'roomHash'>
  : EventData<Name>;

/** A stored event, with the user's external id if there still is one. */
export interface EventRow {
  readonly id: string;
  readonly app: string;
  readonly type: DomainEventType;
  /** Of the event's data: as it was when the event was written, for ever. */
  readonly version: number;
  readonly sequence: string | null;
  readonly user_id: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly occurred_at: Date;
  /** Of a recorded share, read from the share itself where a consumer needs it; null once the person is erased. */
  readonly room_hash?: string | null;
}

const SEQUENCE_DIGITS = 16;

export function toShareEvent(row: EventRow): ShareEvent {
  const event: Omit<ShareEvent, 'data'> = {
    specversion: '1.0',
    id: row.id,
    source: `/kakao-share/${row.app}`,
    type: row.type,
    ...(row.user_id === null ? {} : { subject: row.user_id }),
    time: row.occurred_at.toISOString(),
    datacontenttype: 'application/json',
    dataschema: dataSchemaUri(row.type, row.version),
    ...(row.sequence === null ? {} : { sequence: row.sequence.padStart(SEQUENCE_DIGITS, '0') }),
  };
  const room = typeof row.room_hash === 'string' ? { roomHash: row.room_hash } : {};
  // Whoever wrote the row had its data checked against its type, as a `NewEvent`.
  return { ...event, data: { ...row.data, ...room } } as ShareEvent;
}
