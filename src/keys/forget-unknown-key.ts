import { recordAudit } from '../audit/record-audit.js';
import type { Database } from '../database/database.js';
import { UnknownFingerprintError } from './unknown-key-errors.js';
import { LOCK_UNKNOWN_KEYS } from './write-unknown-keys.js';

const LIMITS = { statementTimeoutMs: 5_000, lockTimeoutMs: 3_000 };

/** Who does something with an unknown key, and why. */
export interface KeyWork {
  readonly fingerprint: string;
  readonly actor: string;
  readonly reason: string;
}

/**
 * Forgets an unknown key with all that came with it.
 * @throws {UnknownFingerprintError}
 */
export async function forgetUnknownKey(
  database: Database,
  { fingerprint, actor, reason }: KeyWork,
): Promise<void> {
  await database.transaction(LIMITS, async (tx) => {
    await tx.query(LOCK_UNKNOWN_KEYS);
    const gone = await tx.query<{ kept: number }>(
      'DELETE FROM kakao_share.unknown_keys WHERE fingerprint = $1 RETURNING kept',
      [fingerprint],
    );
    if (gone.length === 0) throw new UnknownFingerprintError();
    const requests = gone.reduce((sum, { kept }) => sum + kept, 0);
    await recordAudit(tx, {
      ...{ actor, app: null, action: 'unknown-key.forget', target: fingerprint, reason },
      before: { requests },
    });
  });
}
