import type { Database } from '../database/database.js';
import { SHARDS } from './shards.js';

const LIMITS = { statementTimeoutMs: 10_000 };

/** Makes destinations known. Each hears of what happens from now on. */
export async function ensureDestinations(
  database: Database,
  names: readonly string[],
): Promise<void> {
  await database.transaction(LIMITS, async (tx) => {
    await tx.query(
      `INSERT INTO kakao_share.destinations (name) SELECT name FROM unnest($1::text[]) AS g (name) ORDER BY name
       ON CONFLICT (name) DO NOTHING`,
      [names],
    );
    await tx.query(
      `INSERT INTO kakao_share.relay_leases (destination, shard)
       SELECT name, shard FROM unnest($1::text[]) AS g (name), generate_series(0, ${SHARDS - 1}) AS shard ORDER BY 1, 2
       ON CONFLICT (destination, shard) DO NOTHING`,
      [names],
    );
  });
}
