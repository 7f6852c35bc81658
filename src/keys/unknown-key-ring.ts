import { chooseLosers, weightAt, type Contender } from './choose-losers.js';
import { HitSketch } from './hit-sketch.js';
import {
  MAX_BYTES_PER_KEY,
  MAX_REQUESTS_PER_KEY,
  MAX_UNKNOWN_KEYS,
  MAX_WAITING_BYTES_PER_KEY,
  MAX_WAITING_PER_KEY,
} from './unknown-key-bounds.js';
import { bytesOf, type UnknownKey, type UnknownKeyRequest } from './unknown-key.js';

/** What is known of one unknown key, here and as far as the database has told. */
export interface Remembered extends UnknownKey, Contender {
  weight: number;
  lastSeenAt: Date;
  /** Hits that the database has not been told of. */
  untoldHits: number;
  /** Requests that wait to be written. */
  waiting: UnknownKeyRequest[];
  waitingBytes: number;
  /** What the database keeps of it. */
  kept: number;
  keptBytes: number;
}

/** The unknown keys that this process has seen, and their requests until they are written: bounded, whatever comes. */
export class UnknownKeyRing {
  readonly #keys = new Map<string, Remembered>();
  readonly #sketch = new HitSketch();

  get keys(): readonly Remembered[] {
    return [...this.#keys.values()];
  }

  /** Counts a request with an unknown key. @returns whether there is room for the request itself */
  hit(key: UnknownKey, now: Date): boolean {
    const hits = this.#sketch.add(key.proof);
    const name = nameOf(key);
    const known = this.#keys.get(name);
    if (known === undefined) {
      this.#keys.set(name, newcomer(key, hits, now));
      this.#crowdOut(now);
    } else {
      known.weight = weightAt(known, now) + 1;
      known.lastSeenAt = now;
      known.untoldHits += 1;
    }
    const staying = this.#keys.get(name);
    return staying !== undefined && hasRoom(staying, 0);
  }

  /** Takes the request of a key that was hit, if both have room still. */
  keep(key: UnknownKey, request: UnknownKeyRequest): void {
    const known = this.#keys.get(nameOf(key));
    const bytes = bytesOf(request);
    if (known === undefined || !hasRoom(known, bytes)) return;
    known.waiting.push(request);
    known.waitingBytes += bytes;
  }

  /** Forgets of a key what was written of it; what came meanwhile waits on. */
  settle(
    key: Remembered,
    written: { readonly hits: number; readonly requests: readonly UnknownKeyRequest[] },
    kept: { readonly requests: number; readonly bytes: number },
  ): void {
    // The key may have been crowded out and have come again while it was written: then other requests wait, and fewer hits.
    key.untoldHits = Math.max(0, key.untoldHits - written.hits);
    const writtenIds = new Set(written.requests.map(({ id }) => id));
    key.waiting = key.waiting.filter(({ id }) => !writtenIds.has(id));
    key.waitingBytes = key.waiting.reduce((sum, request) => sum + bytesOf(request), 0);
    key.kept = kept.requests;
    key.keptBytes = kept.bytes;
  }

  /** Gives up the requests that wait; hits stay counted. */
  dropWaiting(): void {
    for (const key of this.#keys.values()) {
      key.waiting = [];
      key.waitingBytes = 0;
    }
  }

  /** Lets half of what is remembered of keys without a place fade. */
  fade(): void {
    this.#sketch.halve();
  }

  #crowdOut(now: Date): void {
    for (const loser of chooseLosers(this.keys, MAX_UNKNOWN_KEYS, now))
      this.#keys.delete(nameOf(loser));
  }
}

function nameOf({ proof }: UnknownKey): string {
  return proof.toString('hex');
}

function newcomer(
  { fingerprint, proof, network }: UnknownKey,
  hits: number,
  now: Date,
): Remembered {
  return {
    ...{ fingerprint, proof, network, weight: hits, untoldHits: hits },
    ...{ firstSeenAt: now, lastSeenAt: now },
    ...{ waiting: [], waitingBytes: 0, kept: 0, keptBytes: 0 },
  };
}

function hasRoom(known: Remembered, bytes: number): boolean {
  const { waiting, waitingBytes, kept, keptBytes } = known;
  return (
    waiting.length < MAX_WAITING_PER_KEY &&
    kept + waiting.length < MAX_REQUESTS_PER_KEY &&
    waitingBytes + bytes <= MAX_WAITING_BYTES_PER_KEY &&
    keptBytes + waitingBytes + bytes <= MAX_BYTES_PER_KEY
  );
}
