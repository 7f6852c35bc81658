import { FAULT_MS } from '../durations.js';
import type { Cluster } from '../cluster.js';
import type { PrivateRedis } from '../../private-redis.js';
import type { Scenario } from '../scenario.js';
import { findProgram } from '../../../support/where-installed.js';

const FLUSHES = 5;
/** Ten times what fits in, so that jobs go too, whatever is chosen to go. */
const FILLERS = 3_000;
const FILLERS_AT_ONCE = 100;
const FILLER = 'x'.repeat(10_000);

function whyNoRedis(): string | undefined {
  return findProgram('redis-server') === undefined ? 'redis-server is not installed' : undefined;
}

const onRedis = {
  leftOut: whyNoRedis,
  cluster: () => Promise.resolve({ redis: {} }),
};

export const QUEUE_FAULTS: readonly Scenario[] = [
  {
    name: 'Redis is stopped, and comes back empty',
    ...onRedis,
    async run(cluster, load) {
      const redis = redisOf(cluster);
      await redis.kill();
      await load.lasts(FAULT_MS);
      await redis.startAgain();
    },
  },
  {
    name: 'Redis is flushed, again and again',
    ...onRedis,
    async run(cluster, load) {
      for (let flush = 0; flush < FLUSHES; flush++) {
        await load.untilAcknowledged(30);
        await redisOf(cluster).client.flushall();
      }
    },
  },
  {
    name: 'Redis is frozen',
    ...onRedis,
    async run(cluster, load) {
      const redis = redisOf(cluster);
      redis.freeze();
      await load.lasts(FAULT_MS);
      redis.thaw();
    },
  },
  {
    name: 'Redis evicts jobs',
    leftOut: whyNoRedis,
    cluster: () =>
      Promise.resolve({ redis: { maxmemory: '3mb', 'maxmemory-policy': 'allkeys-random' } }),
    async run(cluster, load) {
      const redis = redisOf(cluster);
      for (let filled = 0; filled < FILLERS; filled += FILLERS_AT_ONCE) {
        await Promise.all(
          Array.from({ length: FILLERS_AT_ONCE }, (_, index) =>
            redis.client.set(`filler-${filled + index}`, FILLER),
          ),
        );
        await load.lasts((FAULT_MS * FILLERS_AT_ONCE) / FILLERS);
      }
      const evicted = /evicted_keys:(\d+)/.exec(await redis.client.info('stats'))?.[1];
      if (Number(evicted) < FILLERS / 2)
        throw new Error(`Redis has evicted ${evicted ?? 'no'} keys.`);
    },
  },
];

function redisOf({ redis }: Cluster): PrivateRedis {
  if (redis === undefined) throw new Error('The queue of this cluster is not on Redis.');
  return redis;
}
