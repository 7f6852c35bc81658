import { Logger, type OnModuleInit } from '@nestjs/common';
import { DEFAULT_APP } from '../config/kakao-apps.js';
import type { Database } from '../database/database.js';
import { retryConflicts } from '../database/retry-conflicts.js';
import { callbackArgsWith } from './callback-args.js';
import { findIntent, type IntentView } from './find-intent.js';
import { IntentRequestError, NoSigningKeysError } from './intent-errors.js';
import { intentRequestFaults, type IntentRequest } from './intent-request.js';
import { statusOf, type IntentStatus } from './intent-status.js';
import { IntentStatusReader } from './intent-status-reader.js';
import { readIntentToken, writeIntentToken } from './intent-token.js';
import { issueIntent } from './issue-intent.js';
import { buildShareParameters, shareFaults } from './share-parameters.js';
import type { ShareParameters } from './share-request.js';
import { signingKeysOf, type IntentSigningKeys } from './signing-keys.js';

/** A promise, and what a page needs to share under it. */
export interface IssuedIntent {
  readonly id: string;
  readonly app: string;
  /** Proves the promise. Give it to the page of its user alone: whoever has it can ask how the share went. */
  readonly token: string;
  readonly expiresAt: Date;
  /** For `serverCallbackArgs`, where the page puts its settings together by itself. */
  readonly callbackArgs: Readonly<Record<string, string>>;
  /** Where the request said what is shared. */
  readonly parameters?: ShareParameters;
  /** The same request was made before, under the same idempotency key. */
  readonly repeated: boolean;
}

const LIMITS = { statementTimeoutMs: 5_000, lockTimeoutMs: 3_000 };

/** Issues share intents, the promises that bind a share to a user and a campaign, and tells how they stand. */
export class ShareIntents implements OnModuleInit {
  readonly #keys: IntentSigningKeys | undefined;

  /** @param signingKeys the first signs, all verify; with none nothing is issued */
  constructor(
    private readonly database: Database,
    signingKeys: readonly string[],
    private readonly pickerApps: readonly string[] = [],
    private readonly reader = new IntentStatusReader(database),
  ) {
    this.#keys = signingKeysOf(signingKeys);
  }

  onModuleInit(): void {
    if (this.#keys === undefined) new Logger('ShareIntents').warn(new NoSigningKeysError().message);
  }

  /**
   * Promises that a share of this user will be judged for this campaign. Bring the user in only once you know who it is: the
   * promise is what pays.
   *
   * @throws {IntentRequestError} naming each field that is wrong
   * @throws {CampaignClosedError} when the campaign is not live, not running or stopped
   * @throws {OpenIntentLimitError} when the user has as many open intents as the campaign allows
   * @throws {IdempotencyConflictError} when the idempotency key was used for another request
   * @throws {NoSigningKeysError} when the service has no key to sign with
   */
  async issue(request: IntentRequest): Promise<IssuedIntent> {
    const keys = this.#keys;
    if (keys === undefined) throw new NoSigningKeysError();
    const { app = DEFAULT_APP, share } = request;
    const faults = [
      ...intentRequestFaults(request),
      ...(share === undefined ? [] : shareFaults(share, this.pickerApps.includes(app))),
    ];
    if (faults.length > 0) throw new IntentRequestError(faults);
    const { id, expiresAt, repeated } = await retryConflicts(() =>
      this.database.transaction(LIMITS, (tx) => issueIntent(tx, app, request)),
    );
    const token = writeIntentToken({ id, expiresAt }, keys);
    return {
      id,
      app,
      token,
      expiresAt,
      callbackArgs: callbackArgsWith(token, share?.callbackArgs),
      ...(share === undefined ? {} : { parameters: buildShareParameters(share, token) }),
      repeated,
    };
  }

  /** How the share under a token stands, for its page; undefined where the token is none of ours. */
  async status(token: string): Promise<IntentStatus | undefined> {
    const id = this.identify(token);
    const facts = id === undefined ? undefined : await this.reader.read(id);
    return facts && statusOf(facts);
  }

  /** An intent with its shares, for the company; undefined where there is none, or none of these apps. */
  async find(id: string, apps?: readonly string[]): Promise<IntentView | undefined> {
    return findIntent(this.database, id, apps);
  }

  /** Whose token it is: the intent's id, or undefined where it is none of ours. Looks at the signature alone. */
  identify(token: string): string | undefined {
    return this.#keys && readIntentToken(token, this.#keys)?.id;
  }
}
