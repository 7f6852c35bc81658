import { toInteger } from '../database/amount.js';
import type { Transaction } from '../database/database.js';
import { holderKey } from './holder.js';

/** What these users can spend, by `holderKey`. Stands still while the caller holds the users: whatever moves points locks them. */
export async function readAvailable(
  tx: Transaction,
  userRefs: readonly string[],
): Promise<Map<string, number>> {
  const rows = await tx.query<{ app: string; unit: string; user_ref: string; balance: string }>(
    `SELECT app, unit, user_ref, balance FROM kakao_share.accounts
     WHERE user_ref = ANY($1) AND kind = 'user_available'`,
    [userRefs],
  );
  return new Map(
    rows.map(({ app, unit, user_ref, balance }) => [
      holderKey({ app, unit, userRef: user_ref }),
      toInteger(balance),
    ]),
  );
}
