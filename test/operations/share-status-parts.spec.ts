import fc from 'fast-check';
import { clientNetwork } from '../../src/operations/client-network.js';
import { TokenBuckets } from '../../src/operations/token-buckets.js';

describe('token buckets', () => {
  test('never let through more than the burst and what was refilled since', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 10 }),
        gaps,
        (burst, perSecond, waits) => {
          const buckets = new TokenBuckets({ burst, perSecond });
          let nowMs = 0;
          let taken = 0;
          for (const wait of waits) {
            nowMs += wait;
            if (buckets.take('key', nowMs) === 0) taken++;
            expect(taken).toBeLessThanOrEqual(burst + (nowMs / 1_000) * perSecond + 1e-6);
          }
        },
      ),
    );
  });

  test('say after how long it is worth to ask again, and keep that word', () => {
    const buckets = new TokenBuckets({ burst: 1, perSecond: 0.1 });
    expect(buckets.take('key', 0)).toBe(0);
    expect(buckets.take('key', 0)).toBe(10);
    expect(buckets.take('key', 4_000)).toBe(6);
    expect(buckets.take('key', 10_000)).toBe(0);
  });

  test('count each key for itself, and hold a bounded number of them', () => {
    const buckets = new TokenBuckets({ burst: 1, perSecond: 0.001 }, 2);
    expect(['a', 'b', 'a', 'b'].map((key) => buckets.take(key, 0) === 0)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    buckets.take('c', 0);
    // The one that was quiet for longest is forgotten.
    expect(['b', 'c'].map((key) => buckets.take(key, 0) === 0)).toEqual([false, false]);
    expect(buckets.take('a', 0)).toBe(0);
  });

  test('take a clock that goes back for one that stands', () => {
    const buckets = new TokenBuckets({ burst: 1, perSecond: 1 });
    expect(buckets.take('key', 5_000)).toBe(0);
    expect(buckets.take('key', 1_000)).toBe(1);
  });
});

describe("a client's network", () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:DB8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['', '0:0:0:0'],
  ])('of %s is %s', (address, network) => {
    expect(clientNetwork(address)).toBe(network);
  });

  test('is short, whatever a proxy passes on', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 1_000 }), (text) => {
        expect(clientNetwork(text).length).toBeLessThan(100);
      }),
    );
  });
});
