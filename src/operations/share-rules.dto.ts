import { MEMBER_COUNT_RANGES } from '../kakao/member-count-ranges.js';
import { IsOneOf, KeepAsSent, MayBeAbsent, MayBeNull, Must } from './field-rules.js';
import { isListOf, isParameterMatch, PARAMETER_MATCH } from './rule-fields.js';

const MAX_TEMPLATES = 100;
/** `UNKNOWN` is no range: `whenNotTold` says what it means. */
const RANGES: readonly unknown[] = MEMBER_COUNT_RANGES.filter((range) => range !== 'UNKNOWN');
const IF_SINGLE = ['self-share', 'count'];

/** Which shares are a campaign's. */
export class MatchFields {
  @MayBeAbsent()
  @Must(
    `be a list of at most ${MAX_TEMPLATES} different template ids, as texts of 1 to 20 digits`,
    (value) =>
      isListOf(
        value,
        { min: 0, max: MAX_TEMPLATES },
        (id) => typeof id === 'string' && /^[0-9]{1,20}$/.test(id),
      ),
  )
  templateIds?: string[];

  @MayBeAbsent()
  @KeepAsSent()
  @Must(PARAMETER_MATCH, isParameterMatch)
  parameters?: Record<string, string[]>;
}

/** What a room with nobody else in it means. */
export class SingleChatroomFields {
  @MayBeAbsent()
  @IsOneOf(IF_SINGLE)
  whenTrue?: string;

  @MayBeAbsent()
  @IsOneOf(IF_SINGLE)
  whenNotTold?: string;
}

/** How many members a room has. */
export class RoomSizesFields {
  @MayBeNull()
  @Must(`be null or a list of different ones of ${RANGES.join(', ')}`, (value) =>
    isListOf(value, { min: 1, max: RANGES.length }, (range) => RANGES.includes(range)),
  )
  ranges?: string[] | null;

  @MayBeAbsent()
  @IsOneOf(['count', 'refuse'])
  whenNotTold?: string;
}
