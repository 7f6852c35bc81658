/** A delivery that cannot be decided once more. */
export class NotReplayableError extends Error {
  readonly code = 'KAKAO_SHARE_NOT_REPLAYABLE';
  override readonly name = 'NotReplayableError';
}

/** A correction after which a delivery would still not be understood: nothing was kept of it. */
export class CorrectionRefusedError extends Error {
  readonly code = 'KAKAO_SHARE_CORRECTION_REFUSED';
  override readonly name = 'CorrectionRefusedError';

  /** @param faults what is still wrong, each naming its field; never what was given */
  constructor(readonly faults: readonly string[]) {
    super('The delivery would still not be understood: correct what is listed too.');
  }
}

/** The share that a correction makes of a delivery was taken in before, as another delivery. */
export class ShareKnownError extends Error {
  readonly code = 'KAKAO_SHARE_SHARE_KNOWN';
  override readonly name = 'ShareKnownError';

  constructor() {
    super(
      'Another delivery of that app has this resource id: the share is known already, look there.',
    );
  }
}

/** A dry run holds the locks of those who settle, so there is one at a time. */
export class ReplayBusyError extends Error {
  readonly code = 'KAKAO_SHARE_REPLAY_BUSY';
  override readonly name = 'ReplayBusyError';

  constructor() {
    super('Another dry run is at work: ask again when it is done.');
  }
}

/** A dry run that would hold those locks for too long. */
export class ReplayTooSlowError extends Error {
  readonly code = 'KAKAO_SHARE_REPLAY_TOO_SLOW';
  override readonly name = 'ReplayTooSlowError';

  constructor() {
    super('Trying this out would hold up settlement: narrow the period, or lower the limit.');
  }
}
