const formatters = new Map<string, Intl.DateTimeFormat>();
/** Campaigns use a handful of time zones; the bound keeps a stray one from staying for ever. */
const MAX_FORMATTERS = 100;

/** The day a moment belongs to in a time zone, as `2026-11-21`; right on days of 23 or 25 hours too. */
export function calendarDay(moment: Date, timeZone: string): string {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    if (formatters.size >= MAX_FORMATTERS) formatters.clear();
    // Sweden writes dates as ISO 8601 does.
    formatter = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
    formatters.set(timeZone, formatter);
  }
  return formatter.format(moment);
}
