import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { signingKeysFault } from '../config/signing-keys.js';

/** The signing keys cannot be used as they were given. */
export class SigningKeysError extends Error {
  readonly code = 'KAKAO_SHARE_SIGNING_KEYS';
  override readonly name = 'SigningKeysError';
}

const KEY_ID_CHARS = 6;
/** Half of SHA-256: 128 bits, which nobody guesses, at half the length in every message. */
const SIGNATURE_BYTES = 16;

/** The keys that sign share intents: the first signs, all of them verify, so that rotation overlaps. */
export class IntentSigningKeys {
  readonly #keys: readonly { readonly id: string; readonly secret: string }[];

  /** @throws {SigningKeysError} when there is none, or one that is too short or named twice */
  constructor(secrets: readonly string[]) {
    const fault = signingKeysFault(secrets);
    if (fault !== undefined) throw new SigningKeysError(`The list of keys ${fault}.`);
    this.#keys = secrets.map((secret) => ({ id: keyIdOf(secret), secret }));
  }

  /** Signs with the first key. */
  sign(text: string): { keyId: string; signature: Buffer } {
    const [key] = this.#keys;
    if (key === undefined) throw new SigningKeysError('Name at least one signing key.');
    return { keyId: key.id, signature: signatureOf(key.secret, text) };
  }

  /** Whether one of the keys signed this text; compared in constant time. */
  verify(text: string, keyId: string, signature: Buffer): boolean {
    const key = this.#keys.find(({ id }) => id === keyId);
    if (key === undefined || signature.length !== SIGNATURE_BYTES) return false;
    return timingSafeEqual(signatureOf(key.secret, text), signature);
  }
}

/** Undefined where none are set: then no token is ours. @throws {SigningKeysError} */
export function signingKeysOf(secrets: readonly string[]): IntentSigningKeys | undefined {
  return secrets.length === 0 ? undefined : new IntentSigningKeys(secrets);
}

/** Tells keys apart, reveals none. */
function keyIdOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url').slice(0, KEY_ID_CHARS);
}

function signatureOf(secret: string, text: string): Buffer {
  return createHmac('sha256', secret).update(text).digest().subarray(0, SIGNATURE_BYTES);
}
