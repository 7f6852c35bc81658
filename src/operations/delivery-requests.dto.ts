import { IsIn, IsObject, IsOptional, IsUUID } from 'class-validator';
import { isStorableText } from '../kakao/parameter.js';
import { readResourceId } from '../kakao/resource-id.js';
import { MAX_REPLAYED, REPLAYABLE_VERDICTS } from '../settlement/find-replayable.js';
import { VERDICTS, type Verdict } from '../settlement/outcome.js';
import {
  IsBoolean,
  IsIntegerFrom,
  KeepAsSent,
  MayBeAbsent,
  MayBeNull,
  Must,
} from './field-rules.js';
import { IsText } from './is-text.js';
import { IsTime } from './is-time.js';
import { PageQuery } from './page.js';
import { ReasonedRequest } from './reasoned-request.js';
import { isListOf } from './rule-fields.js';

/** More than Kakao and a campaign name together; whoever needs more has another request in mind. */
const MAX_FIELDS = 20;
const MAX_NAME_CHARS = 100;
/** Kakao's attachment stays under 10 KiB in all. */
const MAX_TEXT_CHARS = 4_000;
/** What a header can carry: no space at either end. */
const HEADER_VALUE = /^[\x21-\xff](?:[\x20-\xff]*[\x21-\xff])?$/;

export class DeliveriesQuery extends PageQuery {
  @IsOptional()
  @IsText(512)
  resourceId?: string;

  @IsOptional()
  @IsText(64)
  app?: string;

  @IsOptional()
  @IsIn(['pending', ...VERDICTS])
  verdict?: string;

  @IsOptional()
  @IsText(256)
  userId?: string;

  @IsOptional()
  @IsUUID()
  campaignId?: string;

  @IsOptional()
  @IsTime()
  receivedFrom?: string;

  @IsOptional()
  @IsTime()
  receivedTo?: string;
}

/** How a delivery is to be read; all that differs from what was received, whatever was corrected before. */
export class CorrectionRequest {
  @MayBeAbsent()
  @IsText(64)
  app?: string;

  @MayBeAbsent()
  @Must('be a resource id as the header has it: 1 to 256 bytes, no space around them', isResourceId)
  resourceId?: string;

  /** Parameter name to text, or to null where it is to be taken away. */
  @MayBeAbsent()
  @KeepAsSent()
  @IsObject({ message: 'must be an object' })
  @Must(
    `have at most ${MAX_FIELDS} names of at most ${MAX_NAME_CHARS} characters, each with a text of at most ${MAX_TEXT_CHARS} or null, without NUL or lone surrogate`,
    areFields,
  )
  fields?: Record<string, string | null>;

  /** Why, for the audit. */
  @IsText(500)
  note!: string;
}

/** Which deliveries are decided again: received in a period, that ended so, that a campaign decided about. */
export class ReplayManyRequest extends ReasonedRequest {
  @IsBoolean()
  dryRun!: boolean;

  @MayBeNull()
  @IsText(64)
  app?: string | null;

  @IsTime()
  receivedFrom!: string;

  @IsTime()
  receivedTo!: string;

  @MayBeNull()
  @Must(
    `be a list of verdicts that have not paid, each once: ${REPLAYABLE_VERDICTS.join(', ')}`,
    (value) => isListOf(value, { min: 1, max: REPLAYABLE_VERDICTS.length }, isReplayable),
  )
  verdicts?: Verdict[] | null;

  @MayBeNull()
  @IsUUID()
  campaignId?: string | null;

  @MayBeAbsent()
  @IsIntegerFrom(1, MAX_REPLAYED)
  limit?: number;

  /** The `nextCursor` of the replay before. */
  @MayBeNull()
  @IsUUID()
  cursor?: string | null;
}

function isReplayable(value: unknown): boolean {
  return (REPLAYABLE_VERDICTS as readonly unknown[]).includes(value);
}

function isResourceId(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    HEADER_VALUE.test(value) &&
    typeof readResourceId([value]) === 'string'
  );
}

function areFields(value: unknown): boolean {
  const fields = Object.entries(value ?? {});
  return (
    fields.length <= MAX_FIELDS && fields.every(([name, text]) => isName(name) && isText(text))
  );
}

function isName(name: string): boolean {
  return name.length > 0 && name.length <= MAX_NAME_CHARS && isStorableText(name);
}

function isText(text: unknown): boolean {
  if (text === null) return true;
  return typeof text === 'string' && text.length <= MAX_TEXT_CHARS && isStorableText(text);
}
