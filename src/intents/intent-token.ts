import { parse, stringify } from 'uuid';
import type { IntentSigningKeys } from './signing-keys.js';

/** The custom parameter that carries the token through the user's browser and Kakao back to us. */
export const INTENT_PARAMETER = 'share_intent';

/** What a token says: which promise it stands for, and until when. Everything else is read from what we stored. */
export interface IntentClaim {
  readonly id: string;
  /** To the second. */
  readonly expiresAt: Date;
}

const VERSION = '1';
const TOKEN = /^1\.([A-Za-z0-9_-]{6})\.([A-Za-z0-9_-]{28})\.([A-Za-z0-9_-]{22})$/;
const ID_BYTES = 16;
const CLAIM_BYTES = 21;
/** How long every token is: version, key id, claim and signature, and the dots between. */
export const TOKEN_CHARS = 60;

/**
 * Writes a token: version, key id, intent id with expiry in seconds, and a signature over all of these. It
 * holds nothing that a user's browser or Kakao may not see.
 */
export function writeIntentToken({ id, expiresAt }: IntentClaim, keys: IntentSigningKeys): string {
  const claim = Buffer.alloc(CLAIM_BYTES);
  claim.set(parse(id), 0);
  claim.writeUIntBE(Math.floor(expiresAt.getTime() / 1_000), ID_BYTES, CLAIM_BYTES - ID_BYTES);
  const signed = claim.toString('base64url');
  const { keyId, signature } = keys.sign(signed);
  return `${VERSION}.${keyId}.${signed}.${signature.toString('base64url')}`;
}

/** Reads a token, or undefined where it is none of ours: forged, tampered with, or signed with a key that is gone. */
export function readIntentToken(token: string, keys: IntentSigningKeys): IntentClaim | undefined {
  const [, keyId = '', signed = '', signature = ''] = TOKEN.exec(token) ?? [];
  const signatureBytes = Buffer.from(signature, 'base64url');
  // The last character of base64url has bits to spare: one token is written in one way alone.
  if (signatureBytes.toString('base64url') !== signature) return undefined;
  if (!keys.verify(signed, keyId, signatureBytes)) return undefined;
  const claim = Buffer.from(signed, 'base64url');
  return {
    id: stringify(claim.subarray(0, ID_BYTES)),
    expiresAt: new Date(claim.readUIntBE(ID_BYTES, CLAIM_BYTES - ID_BYTES) * 1_000),
  };
}

/** Which intent a text that looks like a token speaks of. Nothing is verified: good for looking up, never for paying. */
export function claimedIntentId(token: string): string | undefined {
  const signed = TOKEN.exec(token)?.[2];
  return signed && idOf(Buffer.from(signed, 'base64url'));
}

/** Undefined where the bytes are no id: anybody can write any. */
function idOf(claim: Buffer): string | undefined {
  const bytes = claim.subarray(0, ID_BYTES);
  try {
    return stringify(bytes);
  } catch {
    return undefined;
  }
}
