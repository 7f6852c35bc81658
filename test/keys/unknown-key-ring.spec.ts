import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { HitSketch } from '../../src/keys/hit-sketch.js';
import {
  MAX_REQUESTS_PER_KEY,
  MAX_UNKNOWN_KEYS,
  MAX_WAITING_BYTES_PER_KEY,
  MAX_WAITING_PER_KEY,
} from '../../src/keys/unknown-key-bounds.js';
import { UnknownKeyRing } from '../../src/keys/unknown-key-ring.js';
import type { UnknownKey } from '../../src/keys/unknown-key.js';
import { givenRequest } from './given-unknown.js';

const START_MS = Date.parse('2026-06-01T00:00:00Z');
const SECONDS = 120;
/** A million in an hour, of which the time between two visits of the real key is played. */
const FLOOD_PER_SECOND = 278;
const SECONDS_BETWEEN = 720;
const FLOOD_LIMIT_MS = 180_000;

function key(name: string, network: string): UnknownKey {
  const digest = createHash('sha256').update(name).digest();
  return {
    fingerprint: digest.toString('hex').slice(0, 8),
    proof: digest.subarray(16),
    network,
  };
}

const GENUINE = key('the key that was rotated wrongly', 'kakao');

/** What strangers send in one second. */
type Strangers = (second: number) => readonly UnknownKey[];

const times = (count: number, make: (index: number) => UnknownKey): UnknownKey[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Strangers are there first, and all the time; Kakao comes once a second. Gives the share of its requests that is kept in the end. */
function keptOfGenuine(strangers: Strangers): number {
  const ring = new UnknownKeyRing();
  for (let second = -60; second < SECONDS; second++) {
    const now = new Date(START_MS + second * 1_000);
    for (const stranger of strangers(second)) ring.hit(stranger, now);
    if (second >= 0 && ring.hit(GENUINE, now)) ring.keep(GENUINE, givenRequest(now));
  }
  const found = ring.keys.find(({ proof }) => proof.equals(GENUINE.proof));
  return (found?.waiting.length ?? 0) / SECONDS;
}

describe('the sketch of hits', () => {
  test(
    'takes none of a million keys that come once for one that came more than twice',
    () => {
      const sketch = new HitSketch();
      let most = 0;
      for (let n = 0; n < 1_000_000; n++)
        most = Math.max(most, sketch.add(key(`${n}`, 'stranger').proof));
      expect(most).toBeLessThanOrEqual(2);
    },
    FLOOD_LIMIT_MS,
  );
});

describe('the ring of unknown keys', () => {
  test.each<[string, Strangers, number]>([
    ['nobody', () => [], 1],
    [
      'many keys, each once, from one network',
      (second) => times(50, (i) => key(`${second} ${i}`, 'stranger')),
      1,
    ],
    [
      'many keys, each once, each from another network',
      (second) => times(50, (i) => key(`${second} ${i}`, `network ${second} ${i}`)),
      0.9,
    ],
    [
      'many keys, each a few times, from forty networks',
      (second) => times(50, (i) => key(`${second >> 2} ${i}`, `network ${i % 40}`)),
      0.9,
    ],
    [
      'thirty keys, hammered from one network',
      () => times(90, (i) => key(`${i % 30}`, 'stranger')),
      1,
    ],
    [
      'forty keys, hammered from ten networks',
      () => times(120, (i) => key(`${i % 40}`, `network ${i % 10}`)),
      1,
    ],
    [
      'nineteen keys, hammered from as many networks',
      () => times(57, (i) => key(`${i % 19}`, `network ${i % 19}`)),
      1,
    ],
    [
      'many keys, each once, from the very network that Kakao calls from',
      (second) => times(50, (i) => key(`${second} ${i}`, 'kakao')),
      0.9,
    ],
  ])(
    'strangers with %s do not push out the key that was rotated wrongly',
    (_, strangers, least) => {
      expect(keptOfGenuine(strangers)).toBeGreaterThanOrEqual(least);
    },
  );

  test('a key that found no place is remembered by its hits, and gets one when it has more than others', () => {
    const ring = new UnknownKeyRing();
    const now = new Date(START_MS);
    for (const stranger of times(MAX_UNKNOWN_KEYS, (i) => key(`${i}`, `network ${i}`))) {
      for (let hit = 0; hit < 5; hit++) ring.hit(stranger, now);
    }
    const got = Array.from({ length: 6 }, () => ring.hit(GENUINE, new Date(START_MS + 1)));
    expect(got).toEqual([false, false, false, false, expect.any(Boolean), true]);
  });

  test(
    'a flood of a million keys an hour, each once, from the network that Kakao calls from, pushes out no key that comes five times an hour',
    () => {
      const ring = new UnknownKeyRing();
      const comesAt = new Set([-4, -3, -2, -1, 0, 1].map((time) => time * SECONDS_BETWEEN));
      for (let second = -4 * SECONDS_BETWEEN; second <= SECONDS_BETWEEN; second++) {
        const now = new Date(START_MS + second * 1_000);
        if (comesAt.has(second) && ring.hit(GENUINE, now)) ring.keep(GENUINE, givenRequest(now));
        if (second < 0) continue;
        for (let n = 0; n < FLOOD_PER_SECOND; n++) ring.hit(key(`${second} ${n}`, 'kakao'), now);
      }
      const found = ring.keys.find(({ proof }) => proof.equals(GENUINE.proof));
      expect(found?.waiting).toHaveLength(comesAt.size);
      // What the flood itself is taken for: seen once, or twice by mistake.
      const weights = ring.keys.filter((each) => each !== found).map(({ weight }) => weight);
      expect(Math.max(...weights)).toBeLessThanOrEqual(2);
    },
    FLOOD_LIMIT_MS,
  );

  test('whatever comes, keys, requests and bytes stay within their bounds', () => {
    const arrivals = fc.array(
      fc.record({
        name: fc.nat(60),
        network: fc.nat(5),
        bytes: fc.constantFrom(0, 100, 16_000),
        times: fc.integer({ min: 1, max: 60 }),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(arrivals, (all) => {
        const ring = new UnknownKeyRing();
        all.forEach(({ name, network, bytes, times: repeated }, index) => {
          const now = new Date(START_MS + index * 1_000);
          const stranger = key(`${name}`, `${network}`);
          for (let time = 0; time < repeated; time++) {
            if (ring.hit(stranger, now)) ring.keep(stranger, givenRequest(now, bytes));
          }
        });
        expect(ring.keys.length).toBeLessThanOrEqual(MAX_UNKNOWN_KEYS);
        for (const { waiting, waitingBytes } of ring.keys) {
          expect(waiting.length).toBeLessThanOrEqual(MAX_WAITING_PER_KEY);
          expect(waitingBytes).toBeLessThanOrEqual(MAX_WAITING_BYTES_PER_KEY);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('a key of which the database keeps enough is counted, and its requests are not asked for', () => {
    const ring = new UnknownKeyRing();
    const now = new Date(START_MS);
    expect(ring.hit(GENUINE, now)).toBe(true);
    const [known] = ring.keys;
    if (known === undefined) throw new Error('The key found no place.');
    const kept = { requests: MAX_REQUESTS_PER_KEY, bytes: 1 };
    ring.settle(known, { hits: 1, requests: [] }, kept);
    expect(ring.hit(GENUINE, now)).toBe(false);
    expect(known.untoldHits).toBe(1);
  });

  test('a key that was crowded out and came again while it was written keeps what has come since', () => {
    const ring = new UnknownKeyRing();
    const now = new Date(START_MS);
    const [written, since] = [givenRequest(now), givenRequest(now)];
    ring.hit(GENUINE, now);
    ring.keep(GENUINE, since);
    const [known] = ring.keys;
    if (known === undefined) throw new Error('The key found no place.');
    ring.settle(known, { hits: 3, requests: [written] }, { requests: 1, bytes: 100 });
    expect(known.waiting).toEqual([since]);
    expect(known.untoldHits).toBe(0);
    ring.settle(known, { hits: 0, requests: [since] }, { requests: 2, bytes: 200 });
    expect([known.waiting, known.waitingBytes]).toEqual([[], 0]);
  });
});
