const MINUTE_MS = 60_000;
/** A day is 25 hours long at most, 27 where an Antarctic station moved its clocks: what lies further apart is never of one. */
const LONGEST_DAY_MS = 36 * 60 * MINUTE_MS;
/** Minutes whose day was looked up; asking the calendar anew costs a microsecond, which a busy user's history multiplies. */
const MAX_KNOWN_MINUTES = 50_000;

const formatters = new Map<string, Intl.DateTimeFormat>();
/** Campaigns use a handful of time zones; the bound keeps a stray one from staying for ever. */
const MAX_FORMATTERS = 100;
const knownDays = new Map<string, Map<number, string>>();
let knownMinutes = 0;

/**
 * The day a moment belongs to in a time zone, as `2026-11-21`; right on days of 23 or 25 hours too. Zones change their offset
 * by whole minutes at whole minutes, so one look per minute is enough.
 */
export function calendarDay(moment: Date, timeZone: string): string {
  const minute = Math.floor(moment.getTime() / MINUTE_MS);
  const known = knownDays.get(timeZone)?.get(minute);
  if (known !== undefined) return known;
  const day = formatterOf(timeZone).format(minute * MINUTE_MS);
  remember(timeZone, minute, day);
  return day;
}

/** Whether two moments belong to one day in a time zone. */
export function isSameDay(one: Date, other: Date, timeZone: string): boolean {
  if (Math.abs(one.getTime() - other.getTime()) > LONGEST_DAY_MS) return false;
  return calendarDay(one, timeZone) === calendarDay(other, timeZone);
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  if (formatters.size >= MAX_FORMATTERS) formatters.clear();
  // Sweden writes dates as ISO 8601 does.
  const formatter = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
  formatters.set(timeZone, formatter);
  return formatter;
}

function remember(timeZone: string, minute: number, day: string): void {
  if (knownMinutes >= MAX_KNOWN_MINUTES) {
    knownDays.clear();
    knownMinutes = 0;
  }
  const days = knownDays.get(timeZone) ?? new Map<number, string>();
  knownDays.set(timeZone, days.set(minute, day));
  knownMinutes++;
}
