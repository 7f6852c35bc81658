import { errorCodeOf, isDataError } from '../database/database-errors.js';

const OURS: readonly string[] = ['TypeError', 'RangeError', 'SyntaxError'];

/**
 * Whether it is this delivery that the database will never take, rather than a database that takes nothing now: away, too slow,
 * read-only, without our tables. Asked of a delivery that was tried alone. What is not known waits: it costs time, and loses nothing.
 */
export function isRefused(error: Error): boolean {
  const code = errorCodeOf(error);
  // 54: a limit of the program's, e.g. an index row that is too long.
  if (code !== undefined) return isDataError(error) || code.startsWith('54');
  // Drivers tell of lost servers without a code, too: only these are surely ours, in handling this delivery.
  return OURS.includes(error.name);
}
