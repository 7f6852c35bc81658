import type { Database } from '../database/database.js';
import { UNKNOWN_KEY_DAYS } from './unknown-key-bounds.js';
import { LOCK_UNKNOWN_KEYS } from './write-unknown-keys.js';

const LIMITS = { statementTimeoutMs: 5_000, lockTimeoutMs: 1_000 };

/** Forgets what came too long ago, by the database's clock: requests, since they are about persons, and keys that came no more. */
export async function forgetUnknownKeys(database: Database): Promise<void> {
  await database.transaction(LIMITS, async (tx) => {
    await tx.query(LOCK_UNKNOWN_KEYS);
    await tx.query(
      `WITH gone AS (
         DELETE FROM kakao_share.unknown_key_requests
         WHERE received_at < clock_timestamp() - make_interval(days => ${UNKNOWN_KEY_DAYS}) RETURNING proof, bytes),
       counted AS (SELECT proof, count(*) AS requests, sum(bytes) AS bytes FROM gone GROUP BY proof)
       UPDATE kakao_share.unknown_keys k SET kept = kept - c.requests, kept_bytes = kept_bytes - c.bytes
       FROM counted c WHERE c.proof = k.proof`,
    );
    await tx.query(
      `DELETE FROM kakao_share.unknown_keys
       WHERE last_seen_at < clock_timestamp() - make_interval(days => ${UNKNOWN_KEY_DAYS})`,
    );
  });
}
