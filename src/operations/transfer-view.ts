import { HttpStatus } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import type { Moved, StoredTransfer } from '../points/stored-transfer.js';

/** A movement of points as callers read it. */
export interface TransferView {
  readonly id: string;
  readonly app: string;
  readonly kind: string;
  readonly amount: number;
  readonly unit: string;
  /** What it added to the user's available points, and what they were then; null where it left them alone. */
  readonly change: number | null;
  readonly balanceAfter: number | null;
  readonly occurredAt: string;
  readonly recordedAt: string;
  /** The transfer that it answers: a reversal's redemption, a release's reward. */
  readonly originId: string | null;
  readonly actor: string;
  readonly reason: string | null;
}

export function showTransfer(transfer: StoredTransfer): TransferView {
  const { id, app, kind, amount, unit, change, balanceAfter, originId, actor, reason } = transfer;
  return {
    ...{ id, app, kind, amount, unit, change, balanceAfter },
    occurredAt: transfer.occurredAt.toISOString(),
    recordedAt: transfer.recordedAt.toISOString(),
    ...{ originId, actor, reason },
  };
}

/** 201 for what happened now, 200 for what had happened before. */
export function answerMoved(response: ServerResponse, { transfer, repeated }: Moved): TransferView {
  answerRepeated(response, repeated);
  return showTransfer(transfer);
}

export function answerRepeated(response: ServerResponse, repeated: boolean): void {
  response.statusCode = repeated ? HttpStatus.OK : HttpStatus.CREATED;
}
