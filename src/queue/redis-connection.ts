import type { ConnectionOptions } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import { readRedisSafety, type AskableRedis, type RedisSafety } from './redis-safety.js';
import { within } from '../lifecycle/within.js';

/**
 * A queue built while Redis is away goes on knocking for ever, also after it was given up, so the door to it is tried first.
 * A client that was handed over is its owner's to connect.
 */
export async function probeRedis(redis: ConnectionOptions, limitMs: number): Promise<void> {
  if (isPlainOptions(redis)) await withOwnClient(redis, limitMs, () => Promise.resolve());
}

/** What the servers behind these options, or behind a client that was handed over, do with jobs. */
export async function askRedisSafety(
  redis: ConnectionOptions,
  limitMs: number,
): Promise<RedisSafety[]> {
  if (isPlainOptions(redis)) return withOwnClient(redis, limitMs, readRedisSafety);
  return within(limitMs, 'asking Redis', readRedisSafety(redis as unknown as AskableRedis));
}

/** Connects for one piece of work, once, and leaves nothing behind that knocks. */
async function withOwnClient<T>(
  redis: ConnectionOptions,
  limitMs: number,
  work: (client: Redis) => Promise<T>,
): Promise<T> {
  const { url, ...rest } = redis as RedisOptions & { url?: string };
  const once: RedisOptions = {
    ...rest,
    lazyConnect: true,
    connectTimeout: limitMs,
    retryStrategy: () => null,
  };
  const client = url === undefined ? new Redis(once) : new Redis(url, once);
  client.on('error', () => undefined);
  try {
    await within(limitMs, 'reaching Redis', client.connect());
    return await within(limitMs, 'asking Redis', work(client));
  } finally {
    client.disconnect();
  }
}

/** A door must not wait for Redis: commands fail at once while it is away. Clients handed over stay as they are. */
export function forProducer(redis: ConnectionOptions, connectTimeoutMs: number): ConnectionOptions {
  if (!isPlainOptions(redis)) return redis;
  return {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    connectTimeout: connectTimeoutMs,
    ...redis,
  };
}

/** A worker waits for Redis as long as it takes. */
export function forWorker(redis: ConnectionOptions): ConnectionOptions {
  return isPlainOptions(redis) ? { ...redis, maxRetriesPerRequest: null } : redis;
}

/** Options that a client of our own is made with; otherwise a client that was handed over. */
export function isPlainOptions(
  redis: ConnectionOptions,
): redis is ConnectionOptions & { host?: string } {
  return Object.getPrototypeOf(redis) === Object.prototype;
}
