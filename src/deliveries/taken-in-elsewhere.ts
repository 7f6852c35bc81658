import type { Transaction } from '../database/database.js';
import type { Delivery } from './delivery.js';

/** The same delivery was taken in for another app in the same moment: nothing of this batch was stored. */
export class TakenInElsewhereError extends Error {
  readonly code = 'KAKAO_SHARE_TAKEN_IN_ELSEWHERE';
  override readonly name = 'TakenInElsewhereError';

  constructor() {
    super('Somebody else is taking this in for another app: ask again, what is known is left out.');
  }
}

/**
 * A delivery is of the app that it was taken in for: a key that was just taken for another one must not stay.
 * @param known whose ids were stored before
 * @throws {TakenInElsewhereError}
 */
export async function refuseElsewhere(tx: Transaction, known: readonly Delivery[]): Promise<void> {
  if (known.length === 0) return;
  const elsewhere = await tx.query(
    `SELECT FROM kakao_share.deliveries d JOIN unnest($1::uuid[], $2::text[]) AS g (id, app) ON g.id = d.id
     WHERE d.app <> g.app LIMIT 1`,
    [known.map(({ id }) => id), known.map(({ app }) => app)],
  );
  if (elsewhere.length > 0) throw new TakenInElsewhereError();
}
