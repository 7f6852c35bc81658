import type { Job } from 'bullmq';
import type { JobQueue, JobWorker, QueueStore } from './queue-store.js';
import { within } from '../lifecycle/within.js';

/** The queue between the door and the workers. */
export const SETTLEMENT_QUEUE = 'kakao-share-settlement';
/** The order that its jobs give. */
const SETTLE = 'settle';

/** A job only names deliveries; what they are and how often they were tried stands in the database. */
export interface SettleJob {
  readonly deliveryIds: readonly string[];
}

/** One transaction settles so many: large enough to share its cost, small enough to stay quick. Only a replay's job names more. */
export const MAX_DELIVERIES_PER_JOB = 200;

const ADD_TIMEOUT_MS = 5_000;
/** Everything stops within 10 s, and up to three parts of a process close a queue of their own, one after the other. */
const CLOSE_LIMIT_MS = 1_000;
/** For a store or database in trouble; a single delivery's own trouble is counted in the database. */
const JOB_OPTIONS = {
  attempts: 5,
  backoff: { type: 'exponential', delay: 500, jitter: 0.5 },
  removeOnComplete: true,
  removeOnFail: true,
} as const;

export interface Backlog {
  readonly waiting: number;
  /** When the oldest waiting job was added, by the adder's clock. */
  readonly oldestWaitingAt: Date | undefined;
}

/** The producing side, opened at its first use and again after a failure; closing it ends every use. */
export class SettlementQueue {
  #opening: Promise<JobQueue<SettleJob>> | undefined;
  #closed = false;

  constructor(private readonly store: QueueStore) {}

  /** Adds a job per group of deliveries. @throws when the store does not take them in time: the sweeper will ask again. */
  async add(groups: readonly (readonly string[])[], delayMs = 0): Promise<void> {
    const jobs = groups.map((deliveryIds) => ({
      name: SETTLE,
      data: { deliveryIds },
      opts: { ...JOB_OPTIONS, delay: delayMs },
    }));
    await within(ADD_TIMEOUT_MS, 'adding a settlement job', (await this.#queue()).addBulk(jobs));
  }

  async backlog(): Promise<Backlog> {
    const queue = await this.#queue();
    const [counts, oldest] = await within(
      ADD_TIMEOUT_MS,
      'reading the settlement queue',
      Promise.all([queue.getJobCounts('waiting', 'prioritized'), queue.getWaiting(0, 0)]),
    );
    const waiting = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const addedAt = oldest[0]?.timestamp;
    return { waiting, oldestWaitingAt: addedAt === undefined ? undefined : new Date(addedAt) };
  }

  /** Never waits long, nor throws, whatever the store does. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#opening !== undefined) await this.store.close(this.#opening, CLOSE_LIMIT_MS);
  }

  async #queue(): Promise<JobQueue<SettleJob>> {
    if (this.#closed) throw new Error('The settlement queue is closed.');
    const opening = (this.#opening ??= this.store.openQueue<SettleJob>(SETTLEMENT_QUEUE));
    try {
      return await opening;
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined;
      throw error;
    }
  }
}

/** The consuming side. */
export async function openSettlementWorker(
  store: QueueStore,
  settle: (deliveryIds: readonly string[]) => Promise<void>,
  concurrency: number,
): Promise<JobWorker<SettleJob>> {
  const processJob = (job: Job<SettleJob>): Promise<void> => settle(job.data.deliveryIds);
  return store.openWorker<SettleJob>(SETTLEMENT_QUEUE, processJob, {
    concurrency,
    maxStalledCount: 3,
  });
}
