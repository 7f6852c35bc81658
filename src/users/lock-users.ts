import type { Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';

/** A user as others know it: the Kakao app and the id that the company gave. */
export interface UserName {
  readonly app: string;
  readonly userId: string;
}

/** One text per user. */
export function userKey({ app, userId }: UserName): string {
  return JSON.stringify([app, userId]);
}

/** Users that are locked until the transaction ends. */
export interface LockedUsers {
  /** Our surrogate id for each that was named, by `userKey`. */
  readonly byName: ReadonlyMap<string, string>;
  /** Surrogate ids of all that are locked and still somebody: an erased user is locked too, but not among them. */
  readonly present: ReadonlySet<string>;
}

/**
 * Locks users, by name (bringing new ones into being) and by surrogate id, always in the same order. Every settlement locks its
 * users, also when it pays nothing: so their caps are judged one at a time and their events keep the order of settlement.
 */
export async function lockUsers(
  tx: Transaction,
  names: readonly UserName[],
  refs: readonly string[] = [],
): Promise<LockedUsers> {
  const unique = [...new Map(names.map((name) => [userKey(name), name])).values()];
  if (unique.length === 0 && refs.length === 0) return { byName: new Map(), present: new Set() };
  const columns = [unique.map(({ app }) => app), unique.map(({ userId }) => userId)];
  if (unique.length > 0) {
    await tx.query(
      `INSERT INTO kakao_share.users (id, app, user_id)
       SELECT id, app, user_id FROM unnest($1::uuid[], $2::text[], $3::text[]) AS g (id, app, user_id)
       WHERE NOT EXISTS (SELECT FROM kakao_share.users u WHERE u.app = g.app AND u.user_id = g.user_id COLLATE "C")
       ORDER BY app, user_id COLLATE "C"
       ON CONFLICT (app, user_id) DO NOTHING`,
      [unique.map(newId), ...columns],
    );
  }
  const named = await tx.query<{ id: string }>(
    `SELECT u.id FROM kakao_share.users u
     JOIN unnest($1::text[], $2::text[]) AS g (app, user_id) ON u.app = g.app AND u.user_id = g.user_id COLLATE "C"`,
    columns,
  );
  // By id alone: a lock that had to be waited for looks at the row once more, and then every other condition with it.
  const rows = await tx.query<{ id: string; app: string; user_id: string | null }>(
    'SELECT u.id, u.app, u.user_id FROM kakao_share.users u WHERE u.id = ANY($1) ORDER BY u.id FOR UPDATE OF u',
    [[...named.map(({ id }) => id), ...refs]],
  );
  const present = rows.flatMap(({ id, app, user_id }) =>
    user_id === null ? [] : [{ id, key: userKey({ app, userId: user_id }) }],
  );
  return {
    byName: new Map(present.map(({ key, id }) => [key, id])),
    present: new Set(present.map(({ id }) => id)),
  };
}
