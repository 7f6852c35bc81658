import { Expose, Transform, plainToInstance } from 'class-transformer';
import { IsBoolean, IsOptional, IsString, Length, Matches, validateSync } from 'class-validator';
import { CHAT_TYPES } from './chat-types.js';
import { MEMBER_COUNT_RANGES } from './member-count-ranges.js';
import { RESERVED_WORDS, isReservedWord, type ReservedWord } from './reserved-words.js';
import { isStorableText, type Parameter, type Problem } from './parameter.js';

const told = ({ value }: { value: unknown }): unknown => (value === '' ? undefined : value);
const asBoolean = ({ value }: { value: unknown }): unknown => {
  const word = String(value).trim().toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : undefined;
};
// In a query an unescaped "1+" arrives as "1 ".
const asRange = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' && value !== '' ? value.replace(/ $/, '+') : undefined;

/** The five fields that Kakao itself sends beside the custom parameters, as text, validated. */
export class ReservedFields {
  @Expose()
  @IsString({ message: 'is missing' })
  @Length(1, 64, { message: 'must have 1 to 64 characters' })
  CHAT_TYPE!: string;

  @Expose()
  @IsString({ message: 'is missing' })
  @Length(1, 256, { message: 'must have 1 to 256 characters' })
  HASH_CHAT_ID!: string;

  /** A Long, kept as digits; missing, empty and null are one thing. */
  @Expose()
  @Transform(told)
  @IsOptional()
  @Matches(/^-?\d{1,19}$/, { message: 'must be an integer of at most 19 digits' })
  TEMPLATE_ID?: string;

  /** True, false or not told: sent only to apps with paid usage. */
  @Expose()
  @Transform(asBoolean)
  @IsOptional()
  @IsBoolean()
  IS_SINGLE_CHATROOM?: boolean;

  /** Sent only to apps with paid usage. */
  @Expose()
  @Transform(asRange)
  @IsOptional()
  @Length(1, 64, { message: 'must have at most 64 characters' })
  CHAT_MEMBER_COUNT_RANGE?: string;
}

/** Reads and validates the reserved fields among all parameters of a request. */
export function readReservedFields(
  parameters: readonly Parameter[],
): { fields: ReservedFields; unknownValues: ReservedWord[] } | Problem[] {
  const given = new Map<ReservedWord, string>();
  const problems: Problem[] = [];
  const seen = new Set<ReservedWord>();
  for (const { name, value } of parameters) {
    if (!isReservedWord(name)) continue;
    if (seen.has(name)) problems.push({ field: name, problem: 'is repeated' });
    seen.add(name);
    const text = 'text' in value ? value.text : value.json;
    if ('json' in value && text === 'null') continue;
    if ('json' in value && /^[[{]/.test(text))
      problems.push({ field: name, problem: 'must be a single value' });
    else if (!isStorableText(text))
      problems.push({ field: name, problem: 'must be text without NUL' });
    else given.set(name, text);
  }
  if (problems.length > 0) return problems;
  const fields = plainToInstance(ReservedFields, Object.fromEntries(given), {
    excludeExtraneousValues: true,
    exposeUnsetFields: false,
  });
  const faults = validateSync(fields).map((fault) => ({
    field: fault.property,
    problem: Object.values(fault.constraints ?? {}).sort()[0] ?? 'is not valid',
  }));
  return faults.length > 0 ? faults : { fields, unknownValues: findUnknownValues(given, fields) };
}

function findUnknownValues(
  given: ReadonlyMap<ReservedWord, string>,
  fields: ReservedFields,
): ReservedWord[] {
  const known: Partial<Record<ReservedWord, boolean>> = {
    CHAT_TYPE: (CHAT_TYPES as readonly string[]).includes(fields.CHAT_TYPE),
    IS_SINGLE_CHATROOM: fields.IS_SINGLE_CHATROOM !== undefined || !given.get('IS_SINGLE_CHATROOM'),
    CHAT_MEMBER_COUNT_RANGE:
      fields.CHAT_MEMBER_COUNT_RANGE === undefined ||
      (MEMBER_COUNT_RANGES as readonly string[]).includes(fields.CHAT_MEMBER_COUNT_RANGE),
  };
  return RESERVED_WORDS.filter((word) => known[word] === false);
}
