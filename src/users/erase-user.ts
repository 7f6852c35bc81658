import { recordAudit } from '../audit/record-audit.js';
import type { Database, Transaction } from '../database/database.js';
import { retryConflicts } from '../database/retry-conflicts.js';
import { blankDeliveries } from '../deliveries/blank-deliveries.js';
import { blankCorrections, findMisread } from '../deliveries/outdated-corrections.js';
import { UnknownUserError } from './unknown-user-error.js';

/** A user with thousands of shares; others wait for none of the rows. */
const LIMITS = { statementTimeoutMs: 60_000, lockTimeoutMs: 5_000 };

/** What is still open would be settled, and could be paid, in the name of somebody who is not there any more. */
export class UserHasOpenDeliveriesError extends Error {
  readonly code = 'KAKAO_SHARE_USER_HAS_OPEN_DELIVERIES';
  override readonly name = 'UserHasOpenDeliveriesError';

  constructor() {
    super('A delivery of this user is not settled yet: erase the user once it is.');
  }
}

/** Who is to be erased, by our surrogate id, and why. */
export interface Erasure {
  readonly userRef: string;
  readonly actor: string;
  readonly reason: string;
}

/** How many rows were emptied. */
export interface Erased {
  readonly deliveries: number;
  readonly shares: number;
  readonly intents: number;
}

/**
 * Erases a person: the external id and everything that was received of them. Books, decisions and events stay, under a
 * surrogate id that leads to nobody; who comes back under the same id is somebody new.
 * @throws {UnknownUserError} {@link UserHasOpenDeliveriesError}
 */
export async function eraseUser(database: Database, erasure: Erasure): Promise<Erased> {
  const { userRef, actor, reason } = erasure;
  // Who tries a replay out locks deliveries before users.
  return retryConflicts(() =>
    database.transaction(LIMITS, async (tx) => {
      const [user] = await tx.query<{ app: string; user_id: string }>(
        'SELECT app, user_id FROM kakao_share.users WHERE id = $1 AND user_id IS NOT NULL FOR UPDATE',
        [userRef],
      );
      if (user === undefined) throw new UnknownUserError();
      await refuseWhileOpen(tx, userRef, user);
      const erased = await erase(tx, userRef, user);
      await recordAudit(tx, {
        ...{ actor, app: user.app, action: 'user.erase', target: userRef, reason },
        after: erased,
      });
      return erased;
    }),
  );
}

/** Named by the webhook, by a correction of it, or by the intent that it carries. */
async function refuseWhileOpen(
  tx: Transaction,
  userRef: string,
  user: { readonly app: string; readonly user_id: string },
): Promise<void> {
  const open = await tx.query(
    `SELECT FROM kakao_share.open_deliveries o JOIN kakao_share.deliveries d ON d.id = o.delivery_id
     WHERE (d.app = $1 AND d.user_id = $2)
        OR o.delivery_id IN (SELECT c.delivery_id FROM kakao_share.delivery_corrections c WHERE c.user_id = $2)
        OR o.intent_id IN (SELECT id FROM kakao_share.share_intents WHERE user_ref = $3) LIMIT 1`,
    [user.app, user.user_id, userRef],
  );
  if (open.length > 0) throw new UserHasOpenDeliveriesError();
}

/** Whoever opened one again holds it until that is committed. */
async function refuseReopened(tx: Transaction, deliveryIds: readonly string[]): Promise<void> {
  await tx.query('SELECT FROM kakao_share.deliveries WHERE id = ANY($1) ORDER BY id FOR UPDATE', [
    deliveryIds,
  ]);
  // A statement of its own sees what was opened meanwhile.
  const open = await tx.query(
    'SELECT FROM kakao_share.open_deliveries WHERE delivery_id = ANY($1) LIMIT 1',
    [deliveryIds],
  );
  if (open.length > 0) throw new UserHasOpenDeliveriesError();
}

async function erase(
  tx: Transaction,
  userRef: string,
  user: { readonly app: string; readonly user_id: string },
): Promise<Erased> {
  // Whoever forged this user's id into a share of their own left it in that delivery too. What has come in meanwhile is settled
  // first: it is somebody new's. A delivery that was once taken for this user's, and is not any more, stays whose it is.
  const found = await tx.query<{ id: string }>(
    `SELECT id FROM kakao_share.shares WHERE user_ref = $1
     UNION
     SELECT d.id FROM kakao_share.deliveries d WHERE d.app = $2 AND d.user_id = $3
       AND NOT EXISTS (SELECT FROM kakao_share.open_deliveries o WHERE o.delivery_id = d.id)
     UNION
     SELECT c.delivery_id FROM kakao_share.delivery_corrections c
     JOIN kakao_share.deliveries d ON d.id = c.delivery_id
     WHERE coalesce(c.app, d.app) = $2 AND c.user_id = $3`,
    [userRef, user.app, user.user_id],
  );
  const all = found.map(({ id }) => id);
  await refuseReopened(tx, all);
  const name = { app: user.app, userId: user.user_id, userRef };
  const misread = new Set(await findMisread(tx, all, name));
  await blankCorrections(tx, [...misread], user.user_id);
  const ids = all.filter((id) => !misread.has(id));
  const emptied = async (sql: string, parameter: unknown): Promise<number> =>
    (await tx.query(`${sql} RETURNING 1`, [parameter])).length;
  await emptied('UPDATE kakao_share.shares SET custom = NULL WHERE id = ANY($1)', ids);
  const erased = {
    deliveries: await blankDeliveries(tx, ids),
    shares: await emptied(
      'UPDATE kakao_share.shares SET room_hash = NULL WHERE user_ref = $1',
      userRef,
    ),
    intents: await emptied(
      'UPDATE kakao_share.share_intents SET content_ref = NULL WHERE user_ref = $1',
      userRef,
    ),
  };
  await tx.query('UPDATE kakao_share.users SET user_id = NULL WHERE id = $1', [userRef]);
  return erased;
}
