/** Leases and rests go by the database's clock, the same for every relay. */
export interface RelayClock {
  /** How far this relay's time is ahead of the database's, ms: not 0 where long outages are tried out. */
  aheadMs: number;
}

/** The time, as SQL, of a statement whose parameter `$n` is `aheadMs`. */
export function nowIn(parameter: `$${number}`): string {
  return `(clock_timestamp() + make_interval(secs => ${parameter}::float8 / 1000))`;
}
