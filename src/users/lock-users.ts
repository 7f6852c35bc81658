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

/**
 * Locks users, bringing new ones into being, always in the same order. Every settlement locks its users, also when it pays
 * nothing: so their caps are judged one at a time and their events keep the order of settlement.
 *
 * @returns our surrogate id for each, by `userKey`
 */
export async function lockUsers(
  tx: Transaction,
  names: readonly UserName[],
): Promise<Map<string, string>> {
  const unique = [...new Map(names.map((name) => [userKey(name), name])).values()];
  if (unique.length === 0) return new Map();
  const columns = [unique.map(({ app }) => app), unique.map(({ userId }) => userId)];
  await tx.query(
    `INSERT INTO kakao_share.users (id, app, user_id)
     SELECT id, app, user_id FROM unnest($1::uuid[], $2::text[], $3::text[]) AS g (id, app, user_id)
     WHERE NOT EXISTS (SELECT FROM kakao_share.users u WHERE u.app = g.app AND u.user_id = g.user_id COLLATE "C")
     ORDER BY app, user_id COLLATE "C"
     ON CONFLICT (app, user_id) DO NOTHING`,
    [unique.map(newId), ...columns],
  );
  const rows = await tx.query<{ id: string; app: string; user_id: string }>(
    `SELECT u.id, u.app, u.user_id FROM kakao_share.users u
     JOIN unnest($1::text[], $2::text[]) AS g (app, user_id) ON u.app = g.app AND u.user_id = g.user_id COLLATE "C"
     ORDER BY u.id FOR UPDATE OF u`,
    columns,
  );
  return new Map(rows.map(({ id, app, user_id }) => [userKey({ app, userId: user_id }), id]));
}
