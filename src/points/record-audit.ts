import type { Transaction } from '../database/database.js';
import { newId } from '../database/new-id.js';

/** Something that a person or a program did to points by hand. */
export interface HandWork {
  readonly actor: string;
  readonly app: string;
  readonly action:
    'reward.release' | 'reward.void' | 'reward.clawback' | 'redemption.reverse' | 'points.adjust';
  /** A transfer or a surrogate id; never a user's own. */
  readonly target: string;
  readonly after: Readonly<Record<string, unknown>>;
  readonly reason: string;
}

/** Writes who did what, and why, in the transaction of the change. */
export async function recordAudit(tx: Transaction, work: HandWork): Promise<void> {
  await tx.query(
    `INSERT INTO kakao_share.audit (id, actor, app, action, target, after, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      newId(),
      work.actor,
      work.app,
      work.action,
      work.target,
      JSON.stringify(work.after),
      work.reason,
    ],
  );
}
