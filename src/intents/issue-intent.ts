import { createHash } from 'node:crypto';
import type { Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';
import { IdempotencyConflictError } from '../idempotency/idempotency-conflict-error.js';
import { digestOfKey } from '../idempotency/idempotency-key.js';
import { lockUsers, userKey, type UserName } from '../users/lock-users.js';
import { readCampaignToShare, whyClosed } from './campaign-to-share.js';
import { canonicalJson } from './canonical-json.js';
import {
  CampaignClosedError,
  IntentRequestError,
  OpenIntentLimitError,
  UserErasedError,
} from './intent-errors.js';
import type { IntentRequest } from './intent-request.js';
import { findByKey, insertIntent, isOpenLimitReached } from './intent-store.js';

/** A promise that was made, now or by an earlier request with the same key. */
export interface KeptIntent {
  readonly id: string;
  readonly expiresAt: Date;
  /** Made by an earlier request. */
  readonly repeated: boolean;
}

/**
 * Makes a promise: for this user, this campaign, until then. The user is locked, so that the cap on open intents is judged one
 * request at a time; of two requests with one key the database lets one insert.
 *
 * @param request free of faults
 * @throws {IntentRequestError | CampaignClosedError | OpenIntentLimitError | IdempotencyConflictError}
 */
export async function issueIntent(
  tx: Transaction,
  app: string,
  request: IntentRequest,
): Promise<KeptIntent> {
  const { userId, campaignId, contentRef } = request;
  const keyDigest =
    request.idempotencyKey === undefined ? undefined : digestOfKey(request.idempotencyKey);
  const userRef = await lockUser(tx, { app, userId });
  const digest = digestOf(request, userRef);
  const earlier = await repetitionOf(tx, app, keyDigest, digest);
  if (earlier !== undefined) return earlier;
  const { lifetimeMinutes, issuedAt } = await admit(tx, app, request, userRef);
  const intent = await insertIntent(tx, {
    id: newId(),
    app,
    campaignId,
    userRef,
    contentRef,
    issuedBy: request.issuedBy ?? 'host',
    issuedAt,
    lifetimeMinutes,
    keyDigest,
    digest,
  });
  if (intent !== undefined) return { ...intent, repeated: false };
  const meanwhile = await repetitionOf(tx, app, keyDigest, digest);
  if (meanwhile === undefined) throw new IdempotencyConflictError();
  return meanwhile;
}

/** One that was erased while its lock was waited for is nobody any more: the second time the same name is somebody new. */
async function lockUser(tx: Transaction, user: UserName): Promise<string> {
  const lock = async (): Promise<string | undefined> =>
    (await lockUsers(tx, [user])).byName.get(userKey(user));
  const userRef = (await lock()) ?? (await lock());
  if (userRef === undefined) throw new UserErasedError();
  return userRef;
}

/** Judges campaign, lifetime and cap, all at one moment of the database's clock. */
async function admit(
  tx: Transaction,
  app: string,
  { campaignId, expiresInMinutes }: IntentRequest,
  userRef: string,
): Promise<{ lifetimeMinutes: number; issuedAt: Date }> {
  const campaign = await readCampaignToShare(tx, app, campaignId);
  if (campaign === undefined) throw new IntentRequestError(['campaignId: no campaign of this app']);
  const closed = whyClosed(campaign);
  if (closed !== undefined) throw new CampaignClosedError(closed);
  const { lifetimeMinutes, maxOpenPerUser } = campaign.rules.intent;
  if (expiresInMinutes !== undefined && expiresInMinutes > lifetimeMinutes)
    throw new IntentRequestError([
      `expiresInMinutes: the campaign allows ${lifetimeMinutes} at most`,
    ]);
  const { now } = campaign;
  if (await isOpenLimitReached(tx, { userRef, campaignId, now, limit: maxOpenPerUser }))
    throw new OpenIntentLimitError(maxOpenPerUser);
  return { lifetimeMinutes: expiresInMinutes ?? lifetimeMinutes, issuedAt: now };
}

async function repetitionOf(
  tx: Transaction,
  app: string,
  keyDigest: string | undefined,
  digest: Buffer,
): Promise<KeptIntent | undefined> {
  if (keyDigest === undefined) return undefined;
  const known = await findByKey(tx, app, keyDigest);
  if (known === undefined) return undefined;
  if (!known.digest.equals(digest)) throw new IdempotencyConflictError();
  return { id: known.id, expiresAt: known.expiresAt, repeated: true };
}

/** Tells requests apart. Of the user it holds our surrogate alone, so that nobody can be guessed from it once erased. */
function digestOf(request: IntentRequest, userRef: string): Buffer {
  const { campaignId, contentRef, expiresInMinutes, share } = request;
  const content = { userRef, campaignId, contentRef, expiresInMinutes, share };
  return createHash('sha256').update(canonicalJson(content)).digest();
}
