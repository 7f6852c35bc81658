import { findProgram } from '../../../support/where-installed.js';
import type { PrivateRedis } from '../../private-redis.js';
import type { Cluster } from '../cluster.js';
import { FAULT_MS } from '../durations.js';
import type { Felt } from '../find-faults.js';
import type { SteadyLoad } from '../steady-load.js';
import { processesWithoutQueue } from '../what-was-felt.js';

export function whyNoRedis(): string | undefined {
  return findProgram('redis-server') === undefined ? 'redis-server is not installed' : undefined;
}

export function redisOf({ redis }: Cluster): PrivateRedis {
  if (redis === undefined) throw new Error('The queue of this cluster is not on Redis.');
  return redis;
}

/** Takes the queue away for a while; who is without it is asked just before it comes back. */
export async function withoutQueue(
  cluster: Cluster,
  load: SteadyLoad,
  { begin, end }: Readonly<Record<'begin' | 'end', () => Promise<void> | void>>,
): Promise<Felt> {
  await begin();
  await load.lasts(FAULT_MS);
  const felt = { 'processes without the queue': await processesWithoutQueue(cluster) };
  await end();
  return felt;
}
