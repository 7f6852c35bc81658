const DAY_MS = 24 * 3_600_000;

/** Until when points can be spent: their days count from when they became available, whenever they were earned. */
export function lotExpiry(availableFrom: Date, days: number): Date {
  return new Date(availableFrom.getTime() + days * DAY_MS);
}
