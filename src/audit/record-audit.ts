import type { Transaction } from '../database/database.js';
import { insertRows } from '../database/insert-rows.js';
import { newId } from '../database/new-id.js';

/** Something that a person or a program did by hand. */
export interface HandWork {
  readonly actor: string;
  /** Null: of no single app. */
  readonly app: string | null;
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
  await recordAudits(tx, [work]);
}

/** The same for what was done to many at once. */
export async function recordAudits(tx: Transaction, works: readonly HandWork[]): Promise<void> {
  await insertRows(
    tx,
    'kakao_share.audit',
    {
      ...{ id: 'uuid', actor: 'text', app: 'text', action: 'text', target: 'text' },
      ...{ before: 'json', after: 'json', reason: 'text' },
    },
    works.map(({ before, after, ...work }) => ({
      ...work,
      id: newId(),
      reason: work.reason,
      before: toJson(before),
      after: toJson(after),
    })),
  );
}

function toJson(state: object | undefined): string | null {
  return state === undefined ? null : JSON.stringify(state);
}
