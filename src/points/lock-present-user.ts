import type { Transaction } from '../database/database.js';
import { lockUsers } from '../users/lock-users.js';
import { UnknownUserError } from '../users/unknown-user-error.js';

/** @throws {UnknownUserError} for a user that was erased meanwhile */
export async function lockPresentUser(tx: Transaction, userRef: string): Promise<void> {
  const { present } = await lockUsers(tx, [], [userRef]);
  if (!present.has(userRef)) throw new UnknownUserError();
}
