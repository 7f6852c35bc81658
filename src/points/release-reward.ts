import type { Database } from '../database/database.js';
import { lotExpiry } from '../ledger/lot-expiry.js';
import { endHold, type RewardRequest } from './end-hold.js';
import type { Ending } from './hold-ending.js';
import { availableTo } from './holder.js';
import type { Moved } from './stored-transfer.js';

/** The points become available; their time to be spent begins now. */
export const RELEASE: Ending = {
  kind: 'release',
  state: 'released',
  type: 'reward.released',
  to: availableTo,
  lotExpiresAt: ({ expiresAfterDays }, now) =>
    expiresAfterDays === null ? undefined : lotExpiry(now, expiresAfterDays),
  neverHeld: 'This reward was never held: its points are available.',
  endedOtherwise: 'This reward was voided: it cannot be released any more.',
};

/** Releases a held reward before its time. What it throws: see `endHold`. */
export async function releaseReward(database: Database, request: RewardRequest): Promise<Moved> {
  return endHold(database, request, RELEASE);
}
