/** What can happen, in the past tense. */
export const DOMAIN_EVENT_TYPES = [
  'kakao.share.recorded',
  'kakao.share.quarantined',
  'kakao.share.failed',
  'reward.credited',
  'reward.held',
  'reward.withheld',
  'reward.released',
  'reward.voided',
  'reward.clawed-back',
  'reward.expired',
  'points.redeemed',
  'points.redemption-reversed',
  'points.adjusted',
  'campaign.budget-warning',
  'campaign.budget-exhausted',
] as const;

export type DomainEventType = (typeof DOMAIN_EVENT_TYPES)[number];

/** Something that happened, to be written in the transaction of what happened. */
export interface NewEvent {
  readonly type: DomainEventType;
  readonly app: string;
  /** Our surrogate for the user it happened to; undefined where there is none, and so no order. */
  readonly userRef: string | undefined;
  /** When it happened, which may be long before it is written. */
  readonly occurredAt: Date;
  /** Refers to no person: no external user id, no room, no payload. */
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * An event as others receive it: CloudEvents 1.0 in JSON. At least once; `id` is the same each time.
 * Source: CloudEvents 1.0.2, with the extension attribute `sequence`.
 */
export interface ShareEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: DomainEventType;
  /** The user's id, as the custom parameter gave it; absent where there is no user, or none any more. */
  readonly subject?: string;
  /** RFC 3339. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** Counts this user's events from 1 without gaps, zero-padded so that texts sort as numbers do. */
  readonly sequence?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A stored event, with the user's external id if there still is one. */
export interface EventRow {
  readonly id: string;
  readonly app: string;
  readonly type: DomainEventType;
  readonly sequence: string | null;
  readonly user_id: string | null;
  readonly data: Record<string, unknown>;
  readonly occurred_at: Date;
}

const SEQUENCE_DIGITS = 16;

export function toShareEvent(row: EventRow): ShareEvent {
  return {
    specversion: '1.0',
    id: row.id,
    source: `/kakao-share/${row.app}`,
    type: row.type,
    ...(row.user_id === null ? {} : { subject: row.user_id }),
    time: row.occurred_at.toISOString(),
    datacontenttype: 'application/json',
    ...(row.sequence === null ? {} : { sequence: row.sequence.padStart(SEQUENCE_DIGITS, '0') }),
    data: row.data,
  };
}
