import type { Queryable } from '../database/database.js';
import type { KakaoKeyRing } from '../kakao/key-ring.js';
import { MAX_UNKNOWN_KEYS } from './unknown-key-bounds.js';

/** What is kept of one unknown key. */
export interface KnownOfKey {
  readonly proof: Buffer;
  readonly fingerprint: string;
  /** About: counted by each process, and again after it found no place. */
  readonly hits: number;
  readonly kept: number;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly replayedAt: Date | null;
  /** Whose it is by now, in this process; null while no app has it. */
  readonly app: string | null;
}

/** The unknown keys that found a place, most hits first; with a fingerprint only those that have it. */
export async function readUnknownKeys(
  queryable: Queryable,
  ring: Pick<KakaoKeyRing, 'holderOf'> | undefined,
  fingerprint?: string,
): Promise<KnownOfKey[]> {
  const rows = await queryable.query<Omit<KnownOfKey, 'app'>>(
    `SELECT proof, fingerprint, hits::float8 AS hits, kept, first_seen_at AS "firstSeenAt", last_seen_at AS "lastSeenAt",
            replayed_at AS "replayedAt"
     FROM kakao_share.unknown_keys WHERE $1::text IS NULL OR fingerprint = $1
     ORDER BY hits DESC, proof LIMIT ${MAX_UNKNOWN_KEYS}`,
    [fingerprint ?? null],
  );
  return rows.map((row) => ({ ...row, app: ring?.holderOf(row.proof)?.app ?? null }));
}
