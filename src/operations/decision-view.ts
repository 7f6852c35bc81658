import { toInteger } from '../database/amount.js';
import type { Queryable } from '../database/database.js';
import { timeOf } from './time-of.js';

/** One decision about a delivery; the last is current, unless the delivery is open again. */
export interface DecisionView {
  readonly number: number;
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly campaignId: string | null;
  readonly campaignVersion: number | null;
  readonly amount: number | null;
  readonly unit: string | null;
  readonly decidedAt: string;
  /** When it was replayed; null: it is current. */
  readonly supersededAt: string | null;
}

interface DecisionRow {
  number: number;
  verdict: string;
  reasons: string[];
  campaign_id: string | null;
  campaign_version: number | null;
  amount: string | null;
  unit: string | null;
  decided_at: Date;
  superseded_at: Date | null;
}

/** Each stands for a replay by hand: nobody makes more. */
const MAX_DECISIONS = 200;

/** The newest decisions about a delivery, oldest first. */
export async function listDecisions(database: Queryable, id: string): Promise<DecisionView[]> {
  const rows = await database.query<DecisionRow>(
    `SELECT number, verdict, reasons, campaign_id, campaign_version, amount, unit, decided_at, superseded_at
     FROM kakao_share.decisions WHERE delivery_id = $1 ORDER BY number DESC LIMIT ${MAX_DECISIONS}`,
    [id],
  );
  return rows.reverse().map((row) => ({
    number: row.number,
    verdict: row.verdict,
    reasons: row.reasons,
    campaignId: row.campaign_id,
    campaignVersion: row.campaign_version,
    amount: row.amount === null ? null : toInteger(row.amount),
    unit: row.unit,
    decidedAt: row.decided_at.toISOString(),
    supersededAt: timeOf(row.superseded_at),
  }));
}
