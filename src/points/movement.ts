import type { Transaction } from '../database/database.js';
import type { EventData, NewEvent } from '../events/domain-event.js';
import { recordEvents } from '../events/record-events.js';
import type { NewTransfer } from '../ledger/account.js';
import { postTransfers, type PostedTransfer } from '../ledger/post-transfers.js';

/** What others hear when points of a user move after they were paid. */
type MovementType =
  | 'reward.released'
  | 'reward.voided'
  | 'reward.clawed-back'
  | 'reward.expired'
  | 'points.redeemed'
  | 'points.redemption-reversed'
  | 'points.adjusted';

/** What each of these events tells of the transfer itself. */
type ToldOfTransfer = 'app' | 'transferId' | 'amount' | 'unit' | 'balanceAfter';

interface MovementOf<Name extends MovementType> {
  readonly transfer: NewTransfer;
  readonly type: Name;
  /** What the event tells beside the transfer itself. */
  readonly data: Omit<EventData<Name>, ToldOfTransfer>;
}

/** Points that are to move, and what others hear of it. */
export type Movement = { [Name in MovementType]: MovementOf<Name> }[MovementType];

/**
 * Posts movements and records their events, in order. All of a transaction's movements go through one call, so that accounts
 * are locked by name; the caller holds the users.
 */
export async function carryOut(tx: Transaction, movements: readonly Movement[]): Promise<void> {
  const posted = await postTransfers(
    tx,
    movements.map(({ transfer }) => transfer),
  );
  await recordEvents(
    tx,
    movements.map((movement, index) => toEvent(movement, posted[index])),
  );
}

function toEvent({ transfer, type, data }: Movement, posted: PostedTransfer | undefined): NewEvent {
  const { app, unit } = transfer.from;
  return {
    type,
    app,
    userRef: transfer.userRef,
    occurredAt: transfer.occurredAt,
    data: {
      app,
      transferId: transfer.id,
      amount: transfer.amount,
      unit,
      ...availableAfter(transfer, posted),
      ...data,
    },
    // Type and data belong together in a movement; taken apart, the compiler does not see it any more.
  } as NewEvent;
}

/** What the user can spend afterwards, where that is what changed. */
function availableAfter(
  { from, to }: NewTransfer,
  posted: PostedTransfer | undefined,
): { balanceAfter?: number } {
  if (posted === undefined) return {};
  if (to.owner.kind === 'user_available') return { balanceAfter: posted.toBalanceAfter };
  return from.owner.kind === 'user_available' ? { balanceAfter: posted.fromBalanceAfter } : {};
}
