import { v7 } from 'uuid';

/** A UUIDv7: made by us, in order of time, so that each table can be cut by time on its id alone. */
export function newId(): string {
  return v7();
}

/** The least id that could be made at this time: where a range of ids begins. */
export function firstIdAt(time: Date): string {
  const hex = Math.max(time.getTime(), 0).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
