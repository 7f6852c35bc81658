import { createHash } from 'node:crypto';
import { NewcomerLog } from '../../src/keys/newcomer-log.js';
import { UnknownKeyRing } from '../../src/keys/unknown-key-ring.js';
import type { UnknownKey } from '../../src/keys/unknown-key.js';

const NOW = new Date('2026-06-01T00:00:00Z');
const QUIET_MS = 10_000;

function key(name: string): UnknownKey {
  const digest = createHash('sha256').update(name).digest();
  const fingerprint = digest.toString('hex').slice(0, 8);
  return { fingerprint, proof: digest.subarray(16), network: `network of ${name}` };
}

const [RARE, OFTEN, LATER] = [key('rare'), key('often'), key('later')];

let ring: UnknownKeyRing;
let log: NewcomerLog;
let lines: string[];

beforeEach(() => {
  ring = new UnknownKeyRing();
  lines = [];
  log = new NewcomerLog({ warn: (line: string) => lines.push(line) });
});

/** What is told when it is looked at, at this time. */
function toldAt(ms: number): string[] {
  lines.length = 0;
  log.tell(ring.keys, ms);
  return lines.flatMap((line) => /fingerprint ([0-9a-f]{8})\./.exec(line)?.[1] ?? []);
}

test('an unknown key is told of once, however often it comes', () => {
  expect(toldAt(0)).toEqual([]);
  ring.hit(RARE, NOW);
  expect(toldAt(1)).toEqual([RARE.fingerprint]);
  for (let times = 1; times < 100; times++) {
    ring.hit(RARE, NOW);
    expect(toldAt(times * QUIET_MS)).toEqual([]);
  }
});

test('of several the one that is hit most comes first, and the others one by one, as many quiet times later', () => {
  for (const hit of [RARE, OFTEN, OFTEN, OFTEN]) ring.hit(hit, NOW);
  expect(toldAt(0)).toEqual([OFTEN.fingerprint]);
  for (const hit of [LATER, LATER]) ring.hit(hit, NOW);
  expect(toldAt(QUIET_MS - 1)).toEqual([]);
  expect(toldAt(QUIET_MS)).toEqual([LATER.fingerprint]);
  expect(toldAt(2 * QUIET_MS - 1)).toEqual([]);
  expect(toldAt(2 * QUIET_MS)).toEqual([RARE.fingerprint]);
  expect(toldAt(3 * QUIET_MS)).toEqual([]);
});

test('strangers who try a key a second fill no more than a line in each quiet time', () => {
  const seconds = 600;
  let told = 0;
  for (let second = 0; second < seconds; second++) {
    ring.hit(key(`${second}`), new Date(NOW.getTime() + second * 1_000));
    told += toldAt(second * 1_000).length;
  }
  expect(told).toBeLessThanOrEqual((seconds * 1_000) / QUIET_MS);
  expect(told).toBeGreaterThan(0);
});

test('the line says what to do', () => {
  ring.hit(RARE, NOW);
  toldAt(0);
  expect(lines.join()).toMatch(/put the key in force and replay: \/v1\/unknown-keys$/);
});
