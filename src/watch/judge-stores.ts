import type { RedisSafety } from '../queue/redis-safety.js';
import { finding, type Finding } from './alarm.js';

/** What the database promises when it says that something is committed. */
export interface DatabaseSafety {
  readonly fsync: string;
  readonly full_page_writes: string;
}

/** Durable means flushed: without these two a power cut loses what was acknowledged, or the whole database. */
export function judgeDatabase(safety: DatabaseSafety): Finding[] {
  const off = Object.entries(safety).filter(([, value]) => value !== 'on');
  if (off.length === 0) return [];
  const names = off.map(([name]) => name).join(' and ');
  return [
    finding('database-unsafe', `${names} of Postgres is off: what was acknowledged can be lost`),
  ];
}

/** A queue that is lost is asked for again after a minute: late, not lost. */
export function judgeRedis(servers: readonly RedisSafety[]): Finding[] {
  return [
    ...findFirst(servers, whyEvicts, 'redis-evicts'),
    ...findFirst(servers, whyForgets, 'redis-forgets'),
  ];
}

function findFirst(
  servers: readonly RedisSafety[],
  why: (server: RedisSafety) => string | undefined,
  alarm: 'redis-evicts' | 'redis-forgets',
): Finding[] {
  const detail = servers.map(why).find((reason) => reason !== undefined);
  return detail === undefined ? [] : [finding(alarm, detail)];
}

function whyEvicts({ maxmemoryPolicy, evictedKeys }: RedisSafety): string | undefined {
  if (evictedKeys > 0) return `Redis has evicted ${evictedKeys} keys since it was started`;
  if (maxmemoryPolicy === undefined || maxmemoryPolicy === 'noeviction') return undefined;
  return `Redis may evict jobs: its maxmemory-policy is ${maxmemoryPolicy}, not noeviction`;
}

function whyForgets({ isAofOn, savesSnapshots, isWriteFailing }: RedisSafety): string | undefined {
  if (isWriteFailing) return 'Redis cannot write to its disk';
  if (isAofOn || savesSnapshots !== false) return undefined;
  return 'Redis keeps jobs in memory alone: neither AOF nor snapshots are on';
}
