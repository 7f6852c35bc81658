/** More than any cluster has relays; each shard is published by one of them at a time. */
export const SHARDS = 16;

/** Which shard a user's events go through: always the same. UUIDv7s end in random bits. */
export function shardOf(id: string): number {
  return Number.parseInt(id.slice(-4), 16) % SHARDS;
}
