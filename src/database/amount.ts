/** An amount from the database that JavaScript cannot hold exactly. The schema's checks rule it out. */
export class AmountError extends Error {
  readonly code = 'KAKAO_SHARE_AMOUNT_OUT_OF_RANGE';
  override readonly name = 'AmountError';
}

/** The one place where a bigint from the driver (text) becomes a number: `"10" + 5` happens nowhere. */
export function toInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new AmountError('An integer from the database is beyond 2^53 - 1.');
  return value;
}
