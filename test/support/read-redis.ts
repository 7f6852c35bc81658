import type { Redis } from 'ioredis';

/** All that a Redis holds: each key, and its value of whatever kind as the server would write it to its disk. */
export async function readRedis(client: Redis): Promise<Record<string, string>> {
  // What is compressed cannot be searched.
  await client.config('SET', 'rdbcompression', 'no');
  const texts: Record<string, string> = {};
  for (const key of await client.keys('*')) {
    // Nothing, whatever the types say, where it was evicted or done with meanwhile.
    const value = (await client.dumpBuffer(key)) as Buffer | null;
    if (value !== null) texts[`the Redis key ${key}`] = `${key} ${value.toString('latin1')}`;
  }
  return texts;
}
