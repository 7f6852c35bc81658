import { v7 } from 'uuid';

/** A UUIDv7: made by us, in order of time, so that each table can be cut by time on its id alone. */
export function newId(): string {
  return v7();
}
