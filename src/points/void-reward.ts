import type { Database } from '../database/database.js';
import { budgetOf } from '../ledger/account.js';
import { endHold, type RewardRequest } from './end-hold.js';
import type { Ending } from './hold-ending.js';
import type { Moved } from './stored-transfer.js';

const AVAILABLE = 'The points of this reward are available: claw it back instead.';

/** The points go back to the campaign's budget. */
const VOID: Ending = {
  kind: 'void',
  state: 'voided',
  type: 'reward.voided',
  to: budgetOf,
  lotExpiresAt: () => undefined,
  neverHeld: AVAILABLE,
  endedOtherwise: AVAILABLE,
};

/** Voids a held reward. What it throws: see `endHold`. */
export async function voidReward(database: Database, request: RewardRequest): Promise<Moved> {
  return endHold(database, request, VOID);
}
