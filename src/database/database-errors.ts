import { QueryFailedError } from 'typeorm';

const DEADLOCK = '40P01';
const SERIALIZATION_FAILURE = '40001';
const LOCK_NOT_AVAILABLE = '55P03';
const QUERY_CANCELED = '57014';

/** The SQLSTATE of an error, e.g. `23505`, or the driver's code, e.g. `ECONNREFUSED`. */
export function errorCodeOf(error: unknown): string | undefined {
  const source: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const code =
    typeof source === 'object' && source !== null && 'code' in source ? source.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Another try may well succeed at once: somebody else was in the way. */
export function isConflict(error: unknown): boolean {
  const code = errorCodeOf(error);
  return code === DEADLOCK || code === SERIALIZATION_FAILURE;
}

/** Somebody else held a lock for too long. */
export function isLockTimeout(error: unknown): boolean {
  return errorCodeOf(error) === LOCK_NOT_AVAILABLE;
}

/** The statement or a lock took too long. */
export function isTimeout(error: unknown): boolean {
  return isLockTimeout(error) || errorCodeOf(error) === QUERY_CANCELED;
}

/** The data itself was refused: SQLSTATE classes 22 (data exception) and 23 (integrity). */
export function isDataError(error: unknown): boolean {
  return /^2[23]/.test(errorCodeOf(error) ?? '');
}

/**
 * The connection is gone or the server cannot serve: classes 08, 53, 57P and 58, the operating system's own codes, and
 * driver errors that carry no code at all ("Connection terminated unexpectedly", "Query read timeout", and "timeout expired" from a
 * server that takes a connection and says nothing). 25P03: the server gave
 * up on a transaction in which we were silent for too long.
 */
export function isConnectionLoss(error: unknown): boolean {
  const code = errorCodeOf(error);
  if (code !== undefined) return /^(08|53|57P|58|25P03)/.test(code) || /^E[A-Z]+$/.test(code);
  const message = error instanceof Error ? error.message : '';
  return /connect|client has encountered|pool|read timeout|timeout expired/i.test(message);
}

/**
 * What may be kept of an error for people to read: code and message, on one line, bounded, and without characters that
 * Postgres would refuse to store. Postgres puts input into `detail`, which is left out.
 */
export function describeError(error: unknown): string {
  const code = errorCodeOf(error);
  const told = error instanceof Error ? error.message : String(error);
  // 'invalid input syntax for type uuid: "…"': what follows the colon of a data error is input.
  const message = isDataError(error) ? (told.split(':', 1)[0] ?? '') : told;
  const storable = message
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, 500);
  return code === undefined ? storable : `${code}: ${storable}`;
}
