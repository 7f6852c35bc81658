import type { Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';

/** Something that a person or a program did by hand. */
export interface HandWork {
  readonly actor: string;
  readonly app: string;
  /** What of what: `reward.void`, `campaign.save`. */
  readonly action: `${string}.${string}`;
  /** An id of ours; never a user's own. */
  readonly target: string;
  readonly before?: object | undefined;
  readonly after?: object | undefined;
  readonly reason?: string | undefined;
}

/** Writes who did what, and why, in the transaction of the change. */
export async function recordAudit(tx: Transaction, work: HandWork): Promise<void> {
  const { actor, app, action, target, before, after, reason } = work;
  await tx.query(
    `INSERT INTO kakao_share.audit (id, actor, app, action, target, before, after, reason)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [newId(), actor, app, action, target, toJson(before), toJson(after), reason ?? null],
  );
}

function toJson(state: object | undefined): string | null {
  return state === undefined ? null : JSON.stringify(state);
}
