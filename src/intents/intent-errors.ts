/** An intent that cannot be issued as it was asked for; each fault begins with the field it is in. */
export class IntentRequestError extends Error {
  readonly code = 'KAKAO_SHARE_INTENT_REQUEST';
  override readonly name = 'IntentRequestError';

  constructor(readonly faults: readonly string[]) {
    super(`The intent cannot be issued: ${faults.join('; ')}`);
  }
}

/** The campaign takes no shares now, so none are promised anything. */
export class CampaignClosedError extends Error {
  readonly code = 'KAKAO_SHARE_CAMPAIGN_CLOSED';
  override readonly name = 'CampaignClosedError';
}

/** The user has as many open intents of the campaign as its rules allow. */
export class OpenIntentLimitError extends Error {
  readonly code = 'KAKAO_SHARE_OPEN_INTENT_LIMIT';
  override readonly name = 'OpenIntentLimitError';

  constructor(limit: number) {
    super(
      `The user has ${limit} open intents of this campaign, as many as its rules allow (intent.maxOpenPerUser): use one of them, or wait until one is paid or expires.`,
    );
  }
}

/** The user was erased while the intent was issued. */
export class UserErasedError extends Error {
  readonly code = 'KAKAO_SHARE_USER_ERASED';
  override readonly name = 'UserErasedError';

  constructor() {
    super('The user is being erased: ask again if there is still such a user.');
  }
}

/** Nothing to sign with. */
export class NoSigningKeysError extends Error {
  readonly code = 'KAKAO_SHARE_NO_SIGNING_KEYS';
  override readonly name = 'NoSigningKeysError';

  constructor() {
    super(
      'Share intents are neither issued nor paid: set INTENT_SIGNING_KEYS, the same for every process.',
    );
  }
}

/** More questions wait for the database than are worth answering. */
export class StatusBusyError extends Error {
  readonly code = 'KAKAO_SHARE_STATUS_BUSY';
  override readonly name = 'StatusBusyError';

  constructor() {
    super('Too many ask at once: ask again in a few seconds.');
  }
}
