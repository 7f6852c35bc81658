import { eventually } from '../../../support/eventually.js';
import type { PrivateRedis } from '../../private-redis.js';
import type { Cluster } from '../cluster.js';
import { FAULT_MS } from '../durations.js';
import type { Scenario } from '../scenario.js';
import { redisOf, whyNoRedis, withoutQueue } from './on-redis.js';

const FLUSHES = 5;
/** Ten times what fits in, so that jobs go too, whatever is chosen to go. */
const FILLERS = 3_000;
const FILLERS_AT_ONCE = 100;
const FILLER = 'x'.repeat(10_000);
/** So many that a tenth of the memory cannot hold them by chance. */
const JOBS = 20;
/** BullMQ keeps each job under the queue's name and a number. */
const JOB_KEYS = '*:kakao-share-settlement:[0-9]*';

const onRedis = {
  leftOut: whyNoRedis,
  cluster: () => Promise.resolve({ redis: {} }),
};

export const QUEUE_FAULTS: readonly Scenario[] = [
  {
    name: 'Redis is stopped, and comes back empty',
    ...onRedis,
    run(cluster, load) {
      const redis = redisOf(cluster);
      return withoutQueue(cluster, load, {
        begin: () => redis.kill(),
        end: () => redis.startAgain(),
      });
    },
  },
  {
    name: 'Redis is flushed, again and again',
    ...onRedis,
    async run(cluster, load) {
      const redis = redisOf(cluster);
      let lost = 0;
      for (let flush = 0; flush < FLUSHES; flush++) {
        await load.untilAcknowledged(30);
        lost += await withJobsWaiting(cluster, async (jobs) => {
          await redis.client.flushall();
          return jobs.length;
        });
      }
      return { 'jobs lost': lost };
    },
  },
  {
    name: 'Redis is frozen',
    ...onRedis,
    run(cluster, load) {
      const redis = redisOf(cluster);
      return withoutQueue(cluster, load, {
        begin: () => {
          redis.freeze();
        },
        end: () => {
          redis.thaw();
        },
      });
    },
  },
  {
    name: 'Redis evicts jobs',
    leftOut: whyNoRedis,
    cluster: () =>
      Promise.resolve({ redis: { maxmemory: '3mb', 'maxmemory-policy': 'allkeys-random' } }),
    async run(cluster, load) {
      const redis = redisOf(cluster);
      const lost = await withJobsWaiting(cluster, async (jobs) => {
        await fill(redis, 0, FILLERS / 2);
        return jobs.length - (await redis.client.exists(...jobs));
      });
      for (let filled = FILLERS / 2; filled < FILLERS; filled += FILLERS_AT_ONCE) {
        await fill(redis, filled, filled + FILLERS_AT_ONCE);
        await load.lasts((FAULT_MS * FILLERS_AT_ONCE * 2) / FILLERS);
      }
      return { 'jobs lost': lost };
    },
  },
];

async function fill({ client }: PrivateRedis, from: number, to: number): Promise<void> {
  for (let filled = from; filled < to; filled += FILLERS_AT_ONCE) {
    const numbers = Array.from({ length: FILLERS_AT_ONCE }, (_, index) => filled + index);
    await Promise.all(numbers.map((number) => client.set(`filler-${number}`, FILLER)));
  }
}

/** While workers stand still jobs pile up that nobody takes: what is gone afterwards was lost. They work on when it is over. */
async function withJobsWaiting(
  cluster: Cluster,
  work: (jobs: readonly string[]) => Promise<number>,
): Promise<number> {
  const { client } = redisOf(cluster);
  const workers = cluster.members.filter(({ role }) => role === 'worker');
  for (const { process } of workers) process.freeze();
  try {
    const jobs = await eventually(async () => {
      const keys = await client.keys(JOB_KEYS);
      if (keys.length < JOBS) throw new Error(`${keys.length} jobs wait, and ${JOBS} were to.`);
      return keys;
    });
    return await work(jobs);
  } finally {
    for (const { process } of workers) process.thaw();
  }
}
