/** A transfer that the books cannot take. */
export class LedgerError extends Error {
  readonly code: string = 'KAKAO_SHARE_LEDGER';
  override readonly name: string = 'LedgerError';
}

/** A transfer after which an account would hold more than accounts may. */
export class BalanceLimitError extends LedgerError {
  override readonly code = 'KAKAO_SHARE_BALANCE_LIMIT';
  override readonly name = 'BalanceLimitError';
}

/** A transfer that takes more than there is: the account would fall below its floor, or a user below zero. */
export class OverdrawnError extends LedgerError {
  override readonly code = 'KAKAO_SHARE_OVERDRAWN';
  override readonly name = 'OverdrawnError';
}
