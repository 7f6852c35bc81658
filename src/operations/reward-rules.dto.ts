import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { INTENT_RULES, LADDER_SCOPES } from '../campaigns/campaign.js';
import { MAX_AMOUNT } from '../ledger/limits.js';
import { IsBoolean, IsIntegerFrom, IsOneOf, MayBeAbsent, MayBeNull, Must } from './field-rules.js';
import { areAscending } from './rule-fields.js';

const MAX_STEPS = 20;
const MAX_ROOMS = 1_000;
/** Who may earn more often than that needs no cap. */
const MAX_CAP = 10_000;
/** An intent waits for a tap, not for a customer to come back. */
const MAX_LIFETIME_MINUTES = 7 * 24 * 60;
const MAX_OPEN_INTENTS = 1_000;

class StepFields {
  @IsIntegerFrom(1, MAX_ROOMS)
  fromRooms!: number;

  @IsIntegerFrom(1, MAX_AMOUNT)
  amount!: number;
}

/** What a share pays, by number of rooms. */
export class LadderFields {
  @IsOneOf(LADDER_SCOPES)
  per!: string;

  @Must(
    `be a list of 1 to ${MAX_STEPS} steps, the first from 1 room on, each from more rooms than the one before`,
    isLadder,
  )
  @ValidateNested({ each: true, message: 'must be a list of steps' })
  @Type(() => StepFields)
  steps!: StepFields[];
}

function isLadder(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_STEPS) return false;
  const rooms = value.map((step: Partial<StepFields> | null) => step?.fromRooms);
  return rooms[0] === 1 && areAscending(rooms, 1, MAX_ROOMS);
}

/** What an intent promises. */
export class IntentFields {
  @MayBeAbsent()
  @IsOneOf(INTENT_RULES)
  pays?: string;

  @MayBeNull()
  @IsIntegerFrom(1, MAX_CAP)
  atMost?: number | null;

  @MayBeAbsent()
  @IsIntegerFrom(1, MAX_LIFETIME_MINUTES)
  lifetimeMinutes?: number;

  @MayBeAbsent()
  @IsIntegerFrom(1, MAX_OPEN_INTENTS)
  maxOpenPerUser?: number;
}

/** How often a user can earn. */
export class CapsFields {
  @MayBeNull()
  @IsIntegerFrom(1, MAX_CAP)
  perUserPerDay?: number | null;

  @MayBeNull()
  @IsIntegerFrom(1, MAX_CAP)
  perUser?: number | null;

  @MayBeNull()
  @IsIntegerFrom(1, MAX_CAP)
  perUserAndRoomPerDay?: number | null;

  @MayBeAbsent()
  @IsBoolean()
  unlimited?: boolean;
}

/** How often a user can earn without an intent. */
export class UnverifiedCapsFields {
  @IsIntegerFrom(1, MAX_CAP)
  perUserPerDay!: number;

  @MayBeNull()
  @IsIntegerFrom(1, MAX_CAP)
  perUser?: number | null;
}
