/** There is no such user, or not any more. */
export class UnknownUserError extends Error {
  readonly code = 'KAKAO_SHARE_UNKNOWN_USER';
  override readonly name = 'UnknownUserError';

  constructor() {
    super('no such user');
  }
}
