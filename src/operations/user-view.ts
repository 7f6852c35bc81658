import type { Queryable } from '../database/database.js';
import type { FoundUser } from './find-user.js';
import { DEFAULT_UNIT } from './is-amount.js';
import { readBalances, readBalancesByUnit, type Balances } from './user-balances.js';
import { readEntries, type EntryView } from './user-entries.js';
import { readHeld, type HeldView } from './user-held.js';
import { readShares, type ShareView } from './user-shares.js';

/** A user's points and what they came from. */
export interface UserView {
  readonly userId: string;
  readonly app: string;
  /** In points. */
  readonly balances: Balances;
  /** In whatever else a campaign pays too, the first units of the alphabet, at most 50. */
  readonly balancesByUnit: Readonly<Record<string, Balances>>;
  /** Rewards that are pending, the next to be released first, at most 50. */
  readonly held: readonly HeldView[];
  /** The newest, at most 50. */
  readonly entries: readonly EntryView[];
  /** The newest, at most 50. */
  readonly shares: readonly ShareView[];
}

/** Reads all of it but the user's own id. */
export async function readUserView(
  queryable: Queryable,
  { userRef, app }: FoundUser,
): Promise<Omit<UserView, 'userId'>> {
  const [balances, balancesByUnit, held, entries, shares] = await Promise.all([
    readBalances(queryable, userRef, DEFAULT_UNIT),
    readBalancesByUnit(queryable, userRef),
    readHeld(queryable, userRef),
    readEntries(queryable, userRef),
    readShares(queryable, userRef),
  ]);
  return { app, balances, balancesByUnit, held, entries, shares };
}
