import type { Queryable } from './database.js';

/** What time it is by the database's clock, the same for every process; to the millisecond, as JavaScript holds it. */
export async function readClock(queryable: Queryable): Promise<Date> {
  const [row] = await queryable.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  if (row === undefined) throw new Error('The database has no clock.');
  return row.now;
}
