import { createHash, timingSafeEqual } from 'node:crypto';

/** Kakao app (our name for it) to its admin keys. Several keys overlap while one is rotated. */
export type KakaoApps = Readonly<Record<string, readonly string[]>>;

/** Which app a request belongs to, and which of its keys was presented. */
export interface KeyHolder {
  readonly app: string;
  /** Eight hex digits of the key's SHA-256: tells keys apart, reveals none. */
  readonly fingerprint: string;
}

/** The key ring cannot be used as it was given. */
export class KeyRingError extends Error {
  readonly code = 'KAKAO_KEY_RING_INVALID';
  override readonly name = 'KeyRingError';
}

const APP_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const CREDENTIAL = /^KakaoAK ([\x21-\x7e]{1,256})$/i;

/**
 * Holds the admin keys of all apps, as digests only. Every request is compared with every key in constant time, and
 * fails closed: an empty ring cannot be built.
 */
export class KakaoKeyRing {
  readonly #keys: readonly (KeyHolder & { digest: Buffer })[];

  /** @throws {KeyRingError} when there is no app, an app without a key, or a key that is malformed or named twice. */
  constructor(apps: KakaoApps) {
    this.#keys = Object.entries(apps).flatMap(([app, keys]) => {
      if (!APP_NAME.test(app))
        throw new KeyRingError('An app name must be 1 to 64 letters, digits, ".", "_" or "-".');
      if (keys.length === 0)
        throw new KeyRingError(`App "${app}" has no admin key: name at least one.`);
      return keys.map((key) => holderOf(app, key));
    });
    if (this.#keys.length === 0)
      throw new KeyRingError('No admin key at all: every webhook would be refused.');
    if (new Set(this.#keys.map((key) => key.digest.toString('hex'))).size !== this.#keys.length) {
      throw new KeyRingError(
        'The same admin key is named twice: a key decides the app, so it belongs to one.',
      );
    }
  }

  /** The names of the apps. */
  get apps(): string[] {
    return [...new Set(this.#keys.map(({ app }) => app))];
  }

  /** Tells whose key an `Authorization` header carries, or undefined. */
  identify(authorization: string | undefined): KeyHolder | undefined {
    const presented = digestOf(CREDENTIAL.exec(authorization ?? '')?.[1] ?? '');
    let holder: KeyHolder | undefined;
    for (const key of this.#keys) {
      if (timingSafeEqual(key.digest, presented))
        holder = { app: key.app, fingerprint: key.fingerprint };
    }
    return holder;
  }
}

function holderOf(app: string, key: string): KeyHolder & { digest: Buffer } {
  if (!/^[\x21-\x7e]{1,256}$/.test(key)) {
    throw new KeyRingError(
      `An admin key of app "${app}" is not one: 1 to 256 visible characters, no spaces.`,
    );
  }
  const digest = digestOf(key);
  return { app, digest, fingerprint: digest.toString('hex').slice(0, 8) };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
