/** The idempotency key stands for something else. */
export class IdempotencyConflictError extends Error {
  readonly code = 'KAKAO_SHARE_IDEMPOTENCY_CONFLICT';
  override readonly name = 'IdempotencyConflictError';

  constructor(
    message = 'The idempotency key was used for another request: repeat that one, or take a new key.',
  ) {
    super(message);
  }
}
