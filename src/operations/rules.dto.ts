import { CAMPAIGN_MODES, type CampaignRules } from '../campaigns/campaign.js';
import { completeRules, type GivenRules } from '../campaigns/complete-rules.js';
import { MAX_AMOUNT } from '../ledger/limits.js';
import {
  IsBoolean,
  IsIntegerFrom,
  IsObjectOf,
  IsOneOf,
  MayBeAbsent,
  MayBeNull,
  Must,
} from './field-rules.js';
import {
  CapsFields,
  IntentFields,
  LadderFields,
  UnverifiedCapsFields,
} from './reward-rules.dto.js';
import { areAscending, isListOf, isText, isTime, isTimeZone, TIME } from './rule-fields.js';
import { MatchFields, RoomSizesFields, SingleChatroomFields } from './share-rules.dto.js';

/** A hundred of the largest amounts. */
const MAX_BUDGET = 100 * MAX_AMOUNT;
const MAX_PRIORITY = 999_999;
const MAX_CHAT_TYPES = 20;
const MAX_CHAT_TYPE_CHARS = 64;
const MAX_WARNINGS = 10;
const YEAR_IN_SECONDS = 365 * 24 * 3_600;
const YEAR_IN_HOURS = 365 * 24;
const TEN_YEARS_IN_DAYS = 3_650;

/** The rules of a campaign as a caller gives them: each field by itself. What is between them is the campaigns' own matter. */
export class RulesFields {
  @Must(TIME, isTime)
  startsAt!: string;

  @MayBeNull()
  @Must(TIME, isTime)
  endsAt?: string | null;

  @MayBeAbsent()
  @Must('be a time zone such as Asia/Seoul', isTimeZone)
  timeZone?: string;

  @MayBeAbsent()
  @IsIntegerFrom(0, MAX_PRIORITY)
  priority?: number;

  @MayBeAbsent()
  @IsObjectOf(() => MatchFields)
  match?: MatchFields;

  @MayBeAbsent()
  @IsOneOf(CAMPAIGN_MODES)
  mode?: string;

  /** Kakao may add some, so unknown ones are taken. */
  @MayBeAbsent()
  @Must(
    `be a list of 1 to ${MAX_CHAT_TYPES} different chat types of 1 to ${MAX_CHAT_TYPE_CHARS} characters`,
    (value) =>
      isListOf(value, { min: 1, max: MAX_CHAT_TYPES }, (type) => isText(type, MAX_CHAT_TYPE_CHARS)),
  )
  chatTypes?: string[];

  @MayBeAbsent()
  @IsObjectOf(() => SingleChatroomFields)
  singleChatroom?: SingleChatroomFields;

  @MayBeAbsent()
  @IsObjectOf(() => RoomSizesFields)
  roomSizes?: RoomSizesFields;

  @MayBeAbsent()
  @IsBoolean()
  hasPaidUsage?: boolean;

  @MayBeNull()
  @IsIntegerFrom(1, MAX_AMOUNT)
  amount?: number | null;

  @MayBeNull()
  @IsObjectOf(() => LadderFields)
  ladder?: LadderFields | null;

  @MayBeAbsent()
  @IsObjectOf(() => IntentFields)
  intent?: IntentFields;

  @MayBeAbsent()
  @IsObjectOf(() => CapsFields)
  caps?: CapsFields;

  @MayBeNull()
  @IsObjectOf(() => UnverifiedCapsFields)
  unverifiedCaps?: UnverifiedCapsFields | null;

  @MayBeAbsent()
  @IsIntegerFrom(0, YEAR_IN_SECONDS)
  coolDownSeconds?: number;

  @MayBeNull()
  @IsIntegerFrom(1, MAX_BUDGET)
  budget?: number | null;

  @MayBeAbsent()
  @Must(
    `be a list of at most ${MAX_WARNINGS} integers from 1 to 99, in ascending order`,
    (value) => Array.isArray(value) && value.length <= MAX_WARNINGS && areAscending(value, 1, 99),
  )
  budgetWarningPercents?: number[];

  @MayBeAbsent()
  @IsIntegerFrom(0, YEAR_IN_HOURS)
  holdHours?: number;

  @MayBeNull()
  @IsIntegerFrom(1, TEN_YEARS_IN_DAYS)
  expiresAfterDays?: number | null;

  @MayBeAbsent()
  @IsBoolean()
  test?: boolean;
}

/** Complete rules of what was given and found right. By way of JSON: fields that were not given are none then. */
export function toRules(given: RulesFields): CampaignRules {
  return completeRules(JSON.parse(JSON.stringify(given)) as GivenRules);
}
