/** RFC 3339, as the API writes times; null where there is none. */
export function timeOf(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}
