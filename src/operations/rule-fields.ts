import { isReservedWord } from '../kakao/reserved-words.js';
import { isStorableText } from '../kakao/parameter.js';

/** Kakao's attachment holds a handful of parameters; a list of values is a list of products at most. */
const MAX_PARAMETERS = 20;
const MAX_VALUES = 100;
const MAX_NAME_CHARS = 100;
const MAX_VALUE_CHARS = 200;

/** Time zones are written as in `Asia/Seoul`. An offset is none: Postgres would read its sign the other way round. */
const TIME_ZONE = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/;
/** To the millisecond, which is what JavaScript and Postgres both keep; offsets as far as there are any. */
const TIME_PATTERN =
  /^(19[7-9]\d|[2-9]\d{3})-(0[1-9]|1[0-2])-(\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,3})?(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)$/;

/** What a time must be, in words. */
export const TIME =
  'be an RFC 3339 time with an offset, to the millisecond at most, of a day that exists';

/** An RFC 3339 time with an offset, of a day that exists. */
export function isTime(value: unknown): boolean {
  const [, year, month, day] = (typeof value === 'string' ? TIME_PATTERN.exec(value) : null) ?? [];
  return Number(day) >= 1 && Number(day) <= new Date(Number(year), Number(month), 0).getDate();
}

export function isTimeZone(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 64 || !TIME_ZONE.test(value)) return false;
  try {
    new Intl.DateTimeFormat('sv-SE', { timeZone: value });
    return true;
  } catch {
    return false;
  }
}

export function isText(value: unknown, maxChars: number): value is string {
  return (
    typeof value === 'string' && value !== '' && value.length <= maxChars && isStorableText(value)
  );
}

/** A list without repetitions, within bounds, all of one kind. */
export function isListOf(
  value: unknown,
  { min, max }: { readonly min: number; readonly max: number },
  isRight: (item: unknown) => boolean,
): value is unknown[] {
  return (
    Array.isArray(value) &&
    value.length >= min &&
    value.length <= max &&
    new Set(value).size === value.length &&
    value.every(isRight)
  );
}

/** Whole numbers within bounds, each greater than the one before. */
export function areAscending(value: readonly unknown[], from: number, to: number): boolean {
  return value.every(
    (item, index) =>
      Number.isInteger(item) &&
      (item as number) >= from &&
      (item as number) <= to &&
      (index === 0 || (item as number) > (value[index - 1] as number)),
  );
}

/** Custom parameter to the values that fit. Kakao's own words never stand for a custom parameter. */
export function isParameterMatch(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value as Record<string, unknown>);
  return (
    entries.length <= MAX_PARAMETERS &&
    entries.every(
      ([name, values]) =>
        isText(name, MAX_NAME_CHARS) &&
        !isReservedWord(name) &&
        isListOf(values, { min: 1, max: MAX_VALUES }, (text) => isText(text, MAX_VALUE_CHARS)),
    )
  );
}

/** What a match on parameters must be, in words. */
export const PARAMETER_MATCH = `be an object of at most ${MAX_PARAMETERS} custom parameters (1 to ${MAX_NAME_CHARS} characters, none of Kakao's reserved words), each with a list of 1 to ${MAX_VALUES} different texts of 1 to ${MAX_VALUE_CHARS} characters`;
