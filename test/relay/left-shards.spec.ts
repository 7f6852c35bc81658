import { LeftShards } from '../../src/relay/left-shards.js';

test('a shard is left to others for a quarter of a minute, each by itself, and anew each time', () => {
  let nowMs = 0;
  const left = new LeftShards(() => nowMs);
  left.leave(3);
  nowMs = 10_000;
  left.leave(7);
  expect(left.all).toEqual([3, 7]);
  nowMs = 15_000;
  expect(left.all).toEqual([7]);
  left.leave(3);
  expect(left.all.sort()).toEqual([3, 7]);
});
