/** No unknown key has this fingerprint, or it was forgotten. */
export class UnknownFingerprintError extends Error {
  readonly code = 'KAKAO_SHARE_UNKNOWN_FINGERPRINT';
  override readonly name = 'UnknownFingerprintError';
  constructor() {
    super('nothing is kept of a key with this fingerprint');
  }
}

/** Nobody has said yet that the key is one of ours, so what came with it proves nothing. */
export class KeyNotInForceError extends Error {
  readonly code = 'KAKAO_SHARE_KEY_NOT_IN_FORCE';
  override readonly name = 'KeyNotInForceError';
  constructor() {
    super(
      'no app has this key: put it in force beside the others (KAKAO_ADMIN_KEYS, KAKAO_APPS or their files), then replay',
    );
  }
}
