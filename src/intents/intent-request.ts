import { validate as isUuid } from 'uuid';
import { IDEMPOTENCY_KEY, isIdempotencyKey } from '../idempotency/idempotency-key.js';
import { isStorableText } from '../kakao/parameter.js';
import { MAX_USER_ID_BYTES } from '../kakao/user-id.js';
import type { ShareRequest } from './share-request.js';

/** A promise to be made: who will share, for which campaign. */
export interface IntentRequest {
  /** The Kakao app. Default `default`. */
  readonly app?: string | undefined;
  /** The user's id at the company: 1–256 bytes. */
  readonly userId: string;
  readonly campaignId: string;
  /** What is shared, in the company's words, e.g. an article's id: 1–200 characters. */
  readonly contentRef?: string | undefined;
  /** Shorter than the campaign's rules allow, if given. */
  readonly expiresInMinutes?: number | undefined;
  /** The same key with the same request is the same intent, within the app: 1–200 visible characters of ASCII. */
  readonly idempotencyKey?: string | undefined;
  /** What the page will share: makes the parameters for Kakao's SDK. */
  readonly share?: ShareRequest | undefined;
  /** Who asks, for the record. Default `host`. */
  readonly issuedBy?: string | undefined;
}

export const MAX_CONTENT_REF_CHARS = 200;
/** Of an app, or of who asks. */
const MAX_NAME_CHARS = 256;

/** What is wrong with a request, apart from its share; each fault begins with the field. */
export function intentRequestFaults(request: IntentRequest): string[] {
  const { app, userId, campaignId, contentRef, expiresInMinutes, idempotencyKey, issuedBy } =
    request;
  const hasUser = isText(userId) && Buffer.byteLength(userId) <= MAX_USER_ID_BYTES;
  const hasContent = isText(contentRef) && charsOf(contentRef) <= MAX_CONTENT_REF_CHARS;
  const hasLifetime = Number.isSafeInteger(expiresInMinutes) && (expiresInMinutes ?? 0) > 0;
  const isName = (name: string | undefined): boolean =>
    name === undefined || (isText(name) && name.length <= MAX_NAME_CHARS);
  return [
    ...faultUnless(isName(app), `app: must be text of 1 to ${MAX_NAME_CHARS} characters`),
    ...faultUnless(isName(issuedBy), `issuedBy: must be text of 1 to ${MAX_NAME_CHARS} characters`),
    ...faultUnless(hasUser, `userId: must be text of 1 to ${MAX_USER_ID_BYTES} bytes`),
    ...faultUnless(isUuid(campaignId), "campaignId: must be a campaign's id"),
    ...faultUnless(
      contentRef === undefined || hasContent,
      `contentRef: must be text of 1 to ${MAX_CONTENT_REF_CHARS} characters`,
    ),
    ...faultUnless(
      expiresInMinutes === undefined || hasLifetime,
      'expiresInMinutes: must be a positive integer',
    ),
    ...faultUnless(
      idempotencyKey === undefined || isIdempotencyKey(idempotencyKey),
      `Idempotency-Key: must have ${IDEMPOTENCY_KEY}`,
    ),
  ];
}

function faultUnless(holds: boolean, fault: string): string[] {
  return holds ? [] : [fault];
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && isStorableText(value);
}

/** As Postgres counts: one beyond the basic plane is one. */
function charsOf(text: string): number {
  return text.replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g, '_').length;
}
