const NOON = 12;

/** A time zone in which it is about noon: what is counted per day there is not cut in two by midnight while a test runs. */
export function zoneAtNoon(now = new Date()): string {
  const ahead = NOON - now.getUTCHours();
  // By POSIX these names say how far Greenwich is ahead.
  if (ahead === 0) return 'Etc/GMT';
  return ahead > 0 ? `Etc/GMT-${ahead}` : `Etc/GMT+${-ahead}`;
}
