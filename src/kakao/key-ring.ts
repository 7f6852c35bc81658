import { createHash, timingSafeEqual } from 'node:crypto';

/** Kakao app (our name for it) to its admin keys. Several keys overlap while one is rotated. */
export type KakaoApps = Readonly<Record<string, readonly string[]>>;

/** Which app a request belongs to, and which of its keys was presented. */
export interface KeyHolder {
  readonly app: string;
  /** Eight hex digits of the key's SHA-256: tells keys apart, reveals none. */
  readonly fingerprint: string;
}

/** A key that was presented, as far as anybody may know it. */
export interface PresentedKey {
  readonly fingerprint: string;
  /**
   * 128 bits of another digest. Whoever has seen a fingerprint can find some key that has it too, so what is believed later
   * goes by this.
   */
  readonly proof: Buffer;
}

/** What came into force and what went out of it. */
export interface KeyChange {
  readonly added: readonly KeyHolder[];
  readonly removed: readonly KeyHolder[];
}

/** The key ring cannot be used as it was given. */
export class KeyRingError extends Error {
  readonly code = 'KAKAO_KEY_RING_INVALID';
  override readonly name = 'KeyRingError';
}

const APP_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** What Kakao's keys look like. As the name of an app it would be shown everywhere. */
const KEY_FOR_A_NAME = /^[0-9a-f]{32}$/i;
const CREDENTIAL = /^KakaoAK ([\x21-\x7e]{1,256})$/i;
const PROOF_BYTES = 16;

interface RingKey extends PresentedKey {
  readonly digest: Buffer;
  readonly holder: KeyHolder;
}

/**
 * Holds the admin keys of all apps, as digests only. Every request is compared with every key in constant time, and
 * fails closed: an empty ring cannot be built. Other keys are put in force by {@link replace}, without a restart.
 */
export class KakaoKeyRing {
  #keys: readonly RingKey[];

  /** @throws {KeyRingError} when there is no app, an app without a key, or a key that is malformed or named twice. */
  constructor(apps: KakaoApps) {
    this.#keys = readKeys(apps);
  }

  /** The names of the apps. */
  get apps(): string[] {
    return [...new Set(this.#keys.map(({ holder }) => holder.app))];
  }

  /** Every key in force, by app and fingerprint. */
  get holders(): KeyHolder[] {
    return this.#keys.map(({ holder }) => holder);
  }

  /**
   * Puts these keys in force, all at once: each request meets the old ring or the new one, never some of both. Leave an old
   * key beside the new one until Kakao has stopped using it.
   *
   * @throws {KeyRingError} as the constructor does; the keys in force stay
   */
  replace(apps: KakaoApps): KeyChange {
    const before = this.#keys;
    this.#keys = readKeys(apps);
    return { added: without(this.#keys, before), removed: without(before, this.#keys) };
  }

  /** Tells whose key an `Authorization` header carries, or undefined. */
  identify(authorization: string | undefined): KeyHolder | undefined {
    const presented = digestOf(keyIn(authorization) ?? '');
    let holder: KeyHolder | undefined;
    for (const key of this.#keys) {
      if (timingSafeEqual(key.digest, presented)) holder = key.holder;
    }
    return holder;
  }

  /** Tells whose key was presented earlier, by its proof, or undefined while no app has it. */
  holderOf(proof: Buffer): KeyHolder | undefined {
    return this.#keys.find((key) => key.proof.equals(proof))?.holder;
  }
}

/** What may be known of the key that an `Authorization` header carries, whoever's it is. */
export function presentedKey(authorization: string | undefined): PresentedKey | undefined {
  const key = keyIn(authorization);
  return key === undefined ? undefined : knownOf(key);
}

function readKeys(apps: KakaoApps): readonly RingKey[] {
  const keys = Object.entries(apps).flatMap(([app, ofApp], index) => {
    // By its place: who takes key and name for each other has written a key where the name should be.
    const place = `App number ${index + 1}`;
    if (!APP_NAME.test(app) || KEY_FOR_A_NAME.test(app))
      throw new KeyRingError(
        `${place} has no usable name: 1 to 64 letters, digits, ".", "_" or "-", and not what looks like a key.`,
      );
    if (ofApp.length === 0) throw new KeyRingError(`${place} has no admin key: name at least one.`);
    return ofApp.map((key) => ringKeyOf(app, key, place));
  });
  if (keys.length === 0)
    throw new KeyRingError('No admin key at all: every webhook would be refused.');
  if (new Set(keys.map((key) => key.digest.toString('hex'))).size !== keys.length) {
    throw new KeyRingError(
      'The same admin key is named twice: a key decides the app, so it belongs to one.',
    );
  }
  return keys;
}

function ringKeyOf(app: string, key: string, place: string): RingKey {
  if (!/^[\x21-\x7e]{1,256}$/.test(key)) {
    throw new KeyRingError(
      `${place} has an admin key that is none: 1 to 256 visible characters, no spaces.`,
    );
  }
  const known = knownOf(key);
  return {
    ...known,
    digest: digestOf(key),
    holder: Object.freeze({ app, fingerprint: known.fingerprint }),
  };
}

function without(keys: readonly RingKey[], others: readonly RingKey[]): KeyHolder[] {
  const isThere = ({ digest, holder }: RingKey): boolean =>
    others.some((other) => other.digest.equals(digest) && other.holder.app === holder.app);
  return keys.filter((key) => !isThere(key)).map(({ holder }) => holder);
}

function keyIn(authorization: string | undefined): string | undefined {
  return CREDENTIAL.exec(authorization ?? '')?.[1];
}

function knownOf(key: string): PresentedKey {
  return {
    fingerprint: digestOf(key).toString('hex').slice(0, 8),
    proof: digestOf(`kakao-share proof of a key\n${key}`).subarray(0, PROOF_BYTES),
  };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
