import type { ConnectionOptions } from 'bullmq';

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
