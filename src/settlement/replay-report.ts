import { toInteger } from '../database/amount.js';
import type { Transaction } from '../database/database.js';
import type { Reopened } from './reopen-decided.js';

/** A person reads no more. */
const MAX_EXAMPLES = 50;

/** What a replay would do. */
export interface DryRun {
  readonly dryRun: true;
  readonly deliveries: number;
  /** How many would go from which verdict to which. */
  readonly changes: readonly {
    readonly before: string;
    readonly after: string;
    readonly deliveries: number;
  }[];
  /** What would be credited, pending or at once, and by which campaign. */
  readonly credited: readonly {
    readonly campaignId: string;
    readonly unit: string;
    readonly deliveries: number;
    readonly amount: number;
  }[];
  /** The first of those that would end otherwise. */
  readonly examples: readonly ReplayExample[];
  /** Continue after this delivery; null: that was all. What comes after does not see what was tried out here. */
  readonly nextCursor: string | null;
}

export interface ReplayExample {
  readonly deliveryId: string;
  readonly before: string;
  readonly after: string;
  readonly reasons: readonly string[];
  readonly campaignId: string | null;
  readonly amount: number | null;
  readonly unit: string | null;
}

interface DecisionRow {
  id: string;
  verdict: string;
  reasons: string[];
  campaign_id: string | null;
  amount: string | null;
  unit: string | null;
}

/** Compares how deliveries had ended with how they end in this transaction, which is going to be rolled back. */
export async function reportReplay(
  tx: Transaction,
  reopened: readonly Reopened[],
  failed: ReadonlyMap<string, string>,
  nextCursor: string | null,
): Promise<DryRun> {
  const rows = await tx.query<DecisionRow>(
    `SELECT delivery_id AS id, verdict, reasons, campaign_id, amount, unit FROM kakao_share.decisions
     WHERE delivery_id = ANY($1) AND superseded_at IS NULL`,
    [reopened.map(({ id }) => id)],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  const outcomes = reopened.map(({ id, verdict }) =>
    toExample(id, verdict, byId.get(id), failed.get(id)),
  );
  const changed = outcomes.filter(({ before, after }) => before !== after);
  return {
    dryRun: true,
    deliveries: reopened.length,
    changes: countChanges(outcomes),
    credited: sumCredited(outcomes),
    examples: changed.slice(0, MAX_EXAMPLES),
    nextCursor,
  };
}

function toExample(
  deliveryId: string,
  before: string,
  row: DecisionRow | undefined,
  failure = 'somebody else was settling it',
): ReplayExample {
  if (row === undefined) {
    const nothing = { campaignId: null, amount: null, unit: null };
    return { deliveryId, before, after: 'failed', reasons: [failure], ...nothing };
  }
  return {
    deliveryId,
    before,
    after: row.verdict,
    reasons: row.reasons,
    campaignId: row.campaign_id,
    amount: row.amount === null ? null : toInteger(row.amount),
    unit: row.unit,
  };
}

function countChanges(outcomes: readonly ReplayExample[]): DryRun['changes'] {
  const counts = new Map<string, { before: string; after: string; deliveries: number }>();
  for (const { before, after } of outcomes) {
    const count = counts.get(`${before} ${after}`) ?? { before, after, deliveries: 0 };
    counts.set(`${before} ${after}`, { ...count, deliveries: count.deliveries + 1 });
  }
  return [...counts.values()].sort((one, other) => other.deliveries - one.deliveries);
}

function sumCredited(outcomes: readonly ReplayExample[]): DryRun['credited'] {
  const sums = new Map<string, DryRun['credited'][number]>();
  for (const { campaignId, amount, unit } of outcomes) {
    if (campaignId === null || amount === null || unit === null) continue;
    const sum = sums.get(campaignId) ?? { campaignId, unit, deliveries: 0, amount: 0 };
    sums.set(campaignId, {
      ...sum,
      deliveries: sum.deliveries + 1,
      amount: sum.amount + amount,
    });
  }
  return [...sums.values()];
}
