import type { IncomingMessage } from 'node:http';
import { newId } from '../database/new-id.js';
import { presentedKey, type KeyHolder } from '../kakao/key-ring.js';
import { isStorableText } from '../kakao/parameter.js';
import { readResourceId } from '../kakao/resource-id.js';
import type { KeyUses } from '../keys/key-uses.js';
import { senderNetwork } from '../keys/sender-network.js';
import { MAX_COLLECTED_BYTES } from '../keys/unknown-key-bounds.js';
import type { UnknownKey, UnknownKeyRequest } from '../keys/unknown-key.js';
import type { UnknownKeys } from '../keys/unknown-keys.js';
import { BODY_TIMEOUT_MS, readBody } from './read-body.js';

/** Kakao's keys have 32 characters: what is far shorter is somebody's guess, and no key that went wrong. */
const LEAST_KEY_CHARS = 16;
const PLAUSIBLE = new RegExp(`^\\S+ \\S{${LEAST_KEY_CHARS},}$`);
/** Bodies that are on their way: 1 MiB. A genuine one comes in milliseconds, so the one that takes longest gives way. */
const MAX_UNDER_WAY = 64;

/** What a request with an unknown key looks like before its body is read. */
export interface Stranger {
  readonly receivedAt: Date;
  readonly authorization: string | undefined;
  /** The client's address, as far as it is known. */
  readonly address: string | undefined;
  readonly method: string;
  readonly resourceIds: readonly string[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Buffer;
}

/** Sees which keys are presented: notes the use of known ones, and keeps what comes in Kakao's shape with an unknown one. */
export class KeyWitness {
  readonly #underWay = new Set<AbortController>();

  constructor(
    private readonly uses: KeyUses,
    private readonly unknownKeys: UnknownKeys,
  ) {}

  used(holder: KeyHolder, at: Date): void {
    this.uses.note(holder, at);
  }

  /** For when the 401 has been written. @returns undefined, or what ends within {@link BODY_TIMEOUT_MS} once the body is there */
  refused(request: IncomingMessage, stranger: Stranger): Promise<void> | undefined {
    const key = keyOf(stranger);
    const resourceId = readResourceId(stranger.resourceIds);
    if (key === undefined || typeof resourceId !== 'string' || !isStorableText(resourceId))
      return undefined;
    if (!this.unknownKeys.hit(key, stranger.receivedAt)) return undefined;
    const { receivedAt, method, headers, query } = stranger;
    if (query.length > MAX_COLLECTED_BYTES) return undefined;
    return this.#collect(request, key, {
      ...{ id: newId(), receivedAt, method, resourceId, headers, query },
    });
  }

  async #collect(
    request: IncomingMessage,
    key: UnknownKey,
    head: Omit<UnknownKeyRequest, 'body'>,
  ): Promise<void> {
    this.#makeRoom();
    const giving = new AbortController();
    this.#underWay.add(giving);
    try {
      const body = await readBody(request, {
        maxBytes: MAX_COLLECTED_BYTES,
        timeoutMs: BODY_TIMEOUT_MS,
        signal: giving.signal,
      });
      if (Buffer.isBuffer(body)) this.unknownKeys.keep(key, { ...head, body });
    } finally {
      this.#underWay.delete(giving);
    }
  }

  #makeRoom(): void {
    const [longest] = this.#underWay;
    if (longest === undefined || this.#underWay.size < MAX_UNDER_WAY) return;
    this.#underWay.delete(longest);
    longest.abort();
  }
}

function keyOf({ authorization, address }: Stranger): UnknownKey | undefined {
  if (!PLAUSIBLE.test(authorization ?? '')) return undefined;
  const key = presentedKey(authorization);
  return key && { ...key, network: senderNetwork(address) };
}
