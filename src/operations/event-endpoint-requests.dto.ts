import { IsIn, IsOptional } from 'class-validator';
import { MAX_URL_CHARS } from '../endpoints/endpoint-url.js';
import { OUTCOMES, type Outcome } from '../endpoints/judge-answer.js';
import { DOMAIN_EVENT_TYPES, type DomainEventType } from '../events/domain-event.js';
import { IsBoolean, IsIntegerFrom, MayBeAbsent, MayBeNull, Must } from './field-rules.js';
import { IsText } from './is-text.js';
import { PageQuery } from './page.js';
import { ReasonedRequest } from './reasoned-request.js';
import { isListOf, isTime, TIME } from './rule-fields.js';

const MAX_DESCRIPTION_CHARS = 500;
/** A week: time for a receiver to be released with the new secret. */
const MAX_OVERLAP_HOURS = 168;
const MAX_EVENT_IDS = 100;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function AreTypes(): PropertyDecorator {
  return Must(
    `be a list of types of events, each once: ${DOMAIN_EVENT_TYPES.join(', ')}`,
    (value) => isListOf(value, { min: 1, max: DOMAIN_EVENT_TYPES.length }, isType),
  );
}

function isType(value: unknown): boolean {
  return DOMAIN_EVENT_TYPES.includes(value as DomainEventType);
}

export class EndpointsQuery extends PageQuery {
  @IsOptional()
  @IsText(64)
  app?: string;
}

export class NewEndpointRequest {
  @IsText(MAX_URL_CHARS)
  url!: string;

  /** May be left out where the caller has one app. */
  @MayBeAbsent()
  @IsText(64)
  app?: string;

  /** What it hears of; null or absent: everything of its app. */
  @MayBeNull()
  @AreTypes()
  types?: DomainEventType[] | null;

  @MayBeNull()
  @IsText(MAX_DESCRIPTION_CHARS)
  description?: string | null;

  @MayBeAbsent()
  @IsBoolean()
  includeRoomHash?: boolean;
}

/** What is left out stays as it is. */
export class EndpointChangeRequest extends ReasonedRequest {
  @MayBeAbsent()
  @IsText(MAX_URL_CHARS)
  url?: string;

  @MayBeNull()
  @AreTypes()
  types?: DomainEventType[] | null;

  @MayBeNull()
  @IsText(MAX_DESCRIPTION_CHARS)
  description?: string | null;

  @MayBeAbsent()
  @IsBoolean()
  includeRoomHash?: boolean;
}

export class RotationRequest extends ReasonedRequest {
  /** How long the secrets before sign too. */
  @MayBeAbsent()
  @IsIntegerFrom(0, MAX_OVERLAP_HOURS)
  overlapHours = 24;
}

export class EndpointDeliveriesQuery extends PageQuery {
  @IsOptional()
  @Must('be the id of an event', isUuid)
  eventId?: string;

  @IsOptional()
  @IsIn(OUTCOMES)
  outcome?: Outcome;
}

/** Events of a period, or events by id. */
export class ReplayEventsRequest extends ReasonedRequest {
  /** When they were recorded, from here on. */
  @MayBeAbsent()
  @Must(TIME, isTime)
  from?: string;

  /** Until before. */
  @MayBeAbsent()
  @Must(TIME, isTime)
  to?: string;

  @MayBeAbsent()
  @AreTypes()
  types?: DomainEventType[];

  /** The `nextCursor` of the call before. */
  @MayBeAbsent()
  @Must('be the nextCursor of the call before', isUuid)
  cursor?: string;

  @MayBeAbsent()
  @Must(`be a list of 1 to ${MAX_EVENT_IDS} ids of events`, (value) =>
    isListOf(value, { min: 1, max: MAX_EVENT_IDS }, isUuid),
  )
  eventIds?: string[];
}

function isUuid(value: unknown): boolean {
  return typeof value === 'string' && UUID.test(value);
}
