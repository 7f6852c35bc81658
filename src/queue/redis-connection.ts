import type { ConnectionOptions } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import { within } from '../lifecycle/within.js';

/**
 * A queue built while Redis is away goes on knocking for ever, also after it was given up, so the door to it is tried first.
 * A client that was handed over is its owner's to connect.
 */
export async function probeRedis(redis: ConnectionOptions, limitMs: number): Promise<void> {
  if (!isPlainOptions(redis)) return;
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

function isPlainOptions(redis: ConnectionOptions): redis is ConnectionOptions & { host?: string } {
  return Object.getPrototypeOf(redis) === Object.prototype;
}
