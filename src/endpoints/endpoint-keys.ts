import { createHash, createHmac } from 'node:crypto';
import { signingKeysFault } from '../config/signing-keys.js';
import { EndpointKeysError } from './endpoint-errors.js';

/** A secret that an endpoint's events are signed with, by what it is derived from. */
export interface EndpointSecret {
  readonly generation: number;
  /** Of the key that it is derived from. */
  readonly keyFingerprint: string;
}

const FINGERPRINT_CHARS = 8;

/**
 * The keys that the secrets of all endpoints are derived from, newest first. A secret is computed where it is needed and
 * stored nowhere: a copy of the database signs nothing.
 */
export class EndpointKeys {
  readonly #keys: readonly { readonly fingerprint: string; readonly key: string }[];
  /** Of the newest key, which new secrets are derived from. */
  readonly newest: string;

  /** @throws {EndpointKeysError} when there is none, or one that is too short or named twice */
  constructor(keys: readonly string[]) {
    const fault = signingKeysFault(keys);
    if (fault !== undefined) throw new EndpointKeysError(`The list of endpoint keys ${fault}.`);
    this.#keys = keys.map((key) => ({ fingerprint: fingerprintOf(key), key }));
    this.newest = this.#keys[0]?.fingerprint ?? '';
  }

  /**
   * The secret in the form of the Standard Webhooks specification: `whsec_` and base64.
   * @throws {EndpointKeysError} when the key that it is derived from is not among ours any more
   */
  secretOf(endpointId: string, { generation, keyFingerprint }: EndpointSecret): string {
    const found = this.#keys.find(({ fingerprint }) => fingerprint === keyFingerprint);
    if (found === undefined)
      throw new EndpointKeysError(
        `EVENT_ENDPOINT_KEYS lacks the key with the fingerprint ${keyFingerprint}, which a secret of this endpoint is derived ` +
          'from: put it back behind the newest one until the secret is rotated and the old one has expired.',
      );
    const secret = createHmac('sha256', found.key).update(`${endpointId}/${generation}`).digest();
    return `whsec_${secret.toString('base64')}`;
  }
}

/** Tells keys apart, reveals none. */
function fingerprintOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, FINGERPRINT_CHARS);
}
