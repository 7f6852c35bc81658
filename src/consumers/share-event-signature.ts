import { Webhook } from 'standardwebhooks';

/**
 * Why a request is not believed. Says nothing of the secret or the body. Answer 401: the sender tries again later, while an event
 * that is answered 413, 415 or 422 is set aside.
 */
export abstract class ShareEventSignatureError extends Error {
  abstract readonly code: string;
}

/** The request carries none of our headers, or not each of them once. */
export class MissingSignatureError extends ShareEventSignatureError {
  readonly code = 'KAKAO_SHARE_SIGNATURE_MISSING';
  override readonly name = 'MissingSignatureError';
}

/** Signed too long ago, or in the future: it was recorded and sent again, or a clock is wrong. */
export class StaleSignatureError extends ShareEventSignatureError {
  readonly code = 'KAKAO_SHARE_SIGNATURE_STALE';
  override readonly name = 'StaleSignatureError';
}

/** No signature fits: another secret, or a body that is not what was sent. */
export class WrongSignatureError extends ShareEventSignatureError {
  readonly code = 'KAKAO_SHARE_SIGNATURE_WRONG';
  override readonly name = 'WrongSignatureError';
}

/** A secret that cannot be one. */
export class SignatureSecretError extends Error {
  readonly code = 'KAKAO_SHARE_SIGNATURE_SECRET';
  override readonly name = 'SignatureSecretError';
}

/** What the Standard Webhooks specification asks of a secret, bytes. */
const SECRET_BYTES = { min: 24, max: 64 };
const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/** The signer and verifier of the specification's own library. @throws {SignatureSecretError} */
export function openWebhook(secret: string): Webhook {
  const base64 = SECRET.exec(secret)?.[1];
  const bytes = Buffer.byteLength(base64 ?? '', 'base64');
  if (base64 === undefined || bytes < SECRET_BYTES.min || bytes > SECRET_BYTES.max) {
    throw new SignatureSecretError(
      'A secret of an endpoint is "whsec_" and base64, as the answer to creating or rotating it said: give that text, ' +
        'without spaces or quotes around it.',
    );
  }
  return new Webhook(secret);
}
