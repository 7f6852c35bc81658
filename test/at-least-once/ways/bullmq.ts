import type { Job } from 'bullmq';
import type { ShareEvent } from '../../../src/events/domain-event.js';
import {
  QueueStore,
  type JobQueue,
  type QueueStoreOptions,
} from '../../../src/queue/queue-store.js';
import { DOMAIN_EVENTS_QUEUE } from '../../../src/transports/bullmq-transport.js';
import type { Arrivals } from '../arrivals.js';
import { startDurableRedis } from '../durable-redis.js';
import { startServiceRelay } from '../relay-process.js';
import { repeat } from './repeat.js';
import { asTransport, type Way } from './way.js';

export const bullmqOnRedis: Way = {
  ...asTransport('bullmq'),
  title: 'the BullMQ queue on Redis',
  program: 'redis-server',
  restarts: 'Redis (AOF, every write synced) was killed and started again',
  async open({ db, arrivals }) {
    const redis = await startDurableRedis();
    const queue = await readQueue({ redis: { url: redis.url } }, arrivals);
    return {
      startRelay: () => startServiceRelay(db, { EVENT_TRANSPORTS: 'bullmq', REDIS_URL: redis.url }),
      restart: async (untilNoticed) => {
        await redis.kill();
        await untilNoticed();
        await redis.start();
      },
      checkEmpty: () => queue.checkEmpty(),
      close: async () => {
        await queue.close();
        await redis.stop();
      },
    };
  },
};

export const bullmqOnPostgres: Way = {
  ...asTransport('bullmq'),
  title: 'the BullMQ queue on Postgres',
  restarts: 'Postgres, which has the outbox too, was killed and started again',
  async open({ db, arrivals, shares }) {
    const queue = await readQueue({ postgres: { url: db.url } }, arrivals);
    return {
      startRelay: () => startServiceRelay(db, { EVENT_TRANSPORTS: 'bullmq' }),
      restart: () => shares.restart(),
      checkEmpty: () => queue.checkEmpty(),
      close: () => queue.close(),
    };
  },
};

/** At a time; each is removed by itself. */
const READ_AT_A_TIME = 200;
/** More than the queue ever holds. */
const TO_THE_END = 1_000_000;

/** The head of the queue, oldest first. A range counts from there on Redis, and from the newest on Postgres. */
async function readOldest(
  queue: JobQueue<ShareEvent>,
  kind: QueueStore['kind'],
): Promise<Job<ShareEvent>[]> {
  if (kind === 'redis') return queue.getWaiting(0, READ_AT_A_TIME - 1);
  // What is added after the count is newer than what is asked for.
  const from = (await queue.getWaitingCount()) - READ_AT_A_TIME;
  return queue.getJobs(['waiting'], Math.max(from, 0), TO_THE_END, true);
}

interface ReadQueue {
  checkEmpty(): Promise<void>;
  close(): Promise<void>;
}

/** Takes jobs from the head of the queue: what BullMQ does with one whose worker died is not what is tried here. */
async function readQueue(options: QueueStoreOptions, arrivals: Arrivals): Promise<ReadQueue> {
  const store = new QueueStore(options);
  const queue: JobQueue<ShareEvent> = await store.openQueue<ShareEvent>(DOMAIN_EVENTS_QUEUE);
  const stop = repeat(async () => {
    const jobs = await readOldest(queue, store.kind);
    for (const { data } of jobs) arrivals.add(data);
    await Promise.all(jobs.map((job) => job.remove()));
  });
  return {
    checkEmpty: async () => {
      const counts = await queue.getJobCounts();
      const left = Object.values(counts).reduce((sum, count) => sum + count, 0);
      if (left > 0) throw new Error(`${left} jobs are in the queue`);
    },
    close: async () => {
      await stop();
      await queue.close();
    },
  };
}
