/** More was asked for than the user can spend. Nothing was moved. */
export class InsufficientPointsError extends Error {
  readonly code = 'KAKAO_SHARE_INSUFFICIENT_POINTS';
  override readonly name = 'InsufficientPointsError';

  /** @param available what the user can spend now */
  constructor(
    readonly available: number,
    asked: number,
  ) {
    super(`The user has ${available} available, ${asked} were asked for.`);
  }
}

/** What is asked for does not fit how the reward stands: held, released, voided, taken back. */
export class RewardStateError extends Error {
  readonly code = 'KAKAO_SHARE_REWARD_STATE';
  override readonly name = 'RewardStateError';
}

/** No reward was paid for this delivery, or not within the caller's apps. */
export class UnknownRewardError extends Error {
  readonly code = 'KAKAO_SHARE_UNKNOWN_REWARD';
  override readonly name = 'UnknownRewardError';

  constructor() {
    super('No reward was paid for this delivery.');
  }
}

/** There is no such redemption, or not within the caller's apps. */
export class UnknownRedemptionError extends Error {
  readonly code = 'KAKAO_SHARE_UNKNOWN_REDEMPTION';
  override readonly name = 'UnknownRedemptionError';

  constructor() {
    super('There is no such redemption.');
  }
}

/** An adjustment that means nothing. */
export class InvalidAdjustmentError extends Error {
  readonly code = 'KAKAO_SHARE_INVALID_ADJUSTMENT';
  override readonly name = 'InvalidAdjustmentError';
}

/** More of the user's points is due than one transaction carries out. Nothing was moved. */
export class PointsBacklogError extends Error {
  readonly code = 'KAKAO_SHARE_POINTS_BACKLOG';
  override readonly name = 'PointsBacklogError';

  constructor() {
    super('Too many points of this user are due to expire or to be taken back: try again later.');
  }
}
