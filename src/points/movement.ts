import type { Transaction } from '../database/database.js';
import type { DomainEventType } from '../events/domain-event.js';
import { recordEvents } from '../events/record-events.js';
import type { NewTransfer } from '../ledger/account.js';
import { postTransfers, type PostedTransfer } from '../ledger/post-transfers.js';

/** Points that are to move, and what others hear of it. */
export interface Movement {
  readonly transfer: NewTransfer;
  readonly type: DomainEventType;
  /** What the event tells beside the transfer itself. */
  readonly data: Readonly<Record<string, unknown>>;
}

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
    movements.map(({ transfer, type, data }, index) => ({
      type,
      app: transfer.from.app,
      userRef: transfer.userRef,
      occurredAt: transfer.occurredAt,
      data: {
        app: transfer.from.app,
        transferId: transfer.id,
        amount: transfer.amount,
        unit: transfer.from.unit,
        ...availableAfter(transfer, posted[index]),
        ...data,
      },
    })),
  );
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
