/**
 * How errors of the rooms are answered, by their code: a line each, so that no room knows of HTTP. Their messages are written
 * for callers and name no user; an error that is not listed is a fault of ours and stays in the log.
 */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  KAKAO_SHARE_NOT_REPLAYABLE: 409,
  KAKAO_SHARE_UNKNOWN_CAMPAIGN: 404,
  KAKAO_SHARE_CAMPAIGN_CONFLICT: 409,
  KAKAO_SHARE_CAMPAIGN_REFUSED: 400,
  KAKAO_SHARE_TOO_MANY_CAMPAIGNS: 409,
  KAKAO_SHARE_SIMULATION_TOO_SLOW: 503,
  KAKAO_SHARE_SIMULATION_BUSY: 429,
  KAKAO_SHARE_UNKNOWN_USER: 404,
  KAKAO_SHARE_UNKNOWN_REWARD: 404,
  KAKAO_SHARE_UNKNOWN_REDEMPTION: 404,
  KAKAO_SHARE_INSUFFICIENT_POINTS: 409,
  KAKAO_SHARE_BALANCE_LIMIT: 409,
  KAKAO_SHARE_POINTS_BACKLOG: 503,
  KAKAO_SHARE_IDEMPOTENCY_CONFLICT: 409,
  KAKAO_SHARE_INVALID_ADJUSTMENT: 400,
  KAKAO_SHARE_REWARD_STATE: 409,
  KAKAO_SHARE_USER_HAS_OPEN_DELIVERIES: 409,
  KAKAO_SHARE_INTENT_REQUEST: 400,
  KAKAO_SHARE_CAMPAIGN_CLOSED: 409,
  KAKAO_SHARE_OPEN_INTENT_LIMIT: 409,
  KAKAO_SHARE_USER_ERASED: 409,
  KAKAO_SHARE_NO_SIGNING_KEYS: 503,
  KAKAO_SHARE_STATUS_BUSY: 503,
};

/** The status that an error of ours is answered with, or undefined where it is none that callers are told. */
export function statusOfError(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string')
    return undefined;
  return Object.hasOwn(STATUS_OF_CODE, error.code) ? STATUS_OF_CODE[error.code] : undefined;
}
