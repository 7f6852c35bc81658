import fc from 'fast-check';
import { chooseLosers, HALF_LIFE_MS, type Contender } from '../../src/keys/choose-losers.js';

const NOW = new Date('2026-06-01T00:00:00Z');
const PLACES = 20;

const ago = (ms: number): Date => new Date(NOW.getTime() - ms);

function contender(network: string, weight: number, ageMs = 0): Contender {
  return { network, weight, firstSeenAt: ago(ageMs), lastSeenAt: NOW };
}

describe('who has to go among unknown keys', () => {
  test('nobody, while there are places', () => {
    const all = Array.from({ length: PLACES }, () => contender('a', 1));
    expect(chooseLosers(all, PLACES, NOW)).toEqual([]);
  });

  test('of equal networks the one that was hit least', () => {
    const all = [5, 1, 3].map((weight, index) => contender(`network ${index}`, weight));
    expect(chooseLosers(all, 2, NOW)).toEqual([all[1]]);
  });

  test('of equals the one that came last: a flood of newcomers pushes out nobody', () => {
    const all = [contender('a', 1, 300), contender('b', 1, 100), contender('c', 1, 200)];
    expect(chooseLosers(all, 2, NOW)).toEqual([all[1]]);
  });

  test('hits fade: last week weighs less than this minute', () => {
    const old = { ...contender('a', 10_000), lastSeenAt: ago(7 * 24 * HALF_LIFE_MS) };
    const fresh = contender('b', 2);
    expect(chooseLosers([old, fresh], 1, NOW)).toEqual([old]);
  });

  test('the network with the most keys gives up its least, however often they were hit', () => {
    const hammered = Array.from({ length: PLACES }, (_, index) =>
      contender('stranger', 9e9 + index),
    );
    const genuine = contender('kakao', 1);
    expect(chooseLosers([genuine, ...hammered], PLACES, NOW)).toEqual([hammered[0]]);
  });

  test('whatever comes: places are shared out fairly among networks, and within one the least hit goes', () => {
    const contenders = fc.array(
      fc.record({
        network: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        weight: fc.double({ min: 0, max: 1e9, noNaN: true }),
        firstSeenAt: fc.nat(1e6).map(ago),
        lastSeenAt: fc.constant(NOW),
      }),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(contenders, fc.integer({ min: 1, max: 30 }), (all, places) => {
        const losers = chooseLosers(all, places, NOW);
        const staying = all.filter((key) => !losers.includes(key));
        expect(staying).toHaveLength(Math.min(all.length, places));
        const placesOf = (network: string): number =>
          staying.filter((key) => key.network === network).length;
        for (const loser of losers) {
          for (const { network, weight } of staying) {
            expect(placesOf(network)).toBeLessThanOrEqual(placesOf(loser.network) + 1);
            if (network === loser.network) expect(weight).toBeGreaterThanOrEqual(loser.weight);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
