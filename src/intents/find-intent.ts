import { toInteger } from '../database/amount.js';
import type { Database } from '../database/database.js';
import { stateOf, type IntentState } from './intent-status.js';
import { readIntentStandings } from './read-intent-standings.js';

/** An intent as the company looks at it. */
export interface IntentView {
  readonly id: string;
  readonly app: string;
  /** Null once the user is erased. */
  readonly userId: string | null;
  readonly campaignId: string;
  readonly contentRef: string | null;
  readonly issuedBy: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly state: IntentState;
  /** Earned by all its shares, held ones included; in `unit`. */
  readonly amount: number;
  readonly unit: string;
  /** The newest, at most 50. */
  readonly shares: readonly IntentShare[];
}

/** A share that carried the intent. */
export interface IntentShare {
  readonly deliveryId: string;
  readonly receivedAt: string;
  /** `pending` until it is settled. */
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly amount: number | null;
  /** What became of a reward that was held; null for any other. */
  readonly hold: 'pending' | 'released' | 'voided' | null;
}

interface IntentRow {
  id: string;
  app: string;
  user_id: string | null;
  campaign_id: string;
  content_ref: string | null;
  issued_by: string;
  issued_at: Date;
}

interface ShareRow {
  id: string;
  received_at: Date;
  verdict: string | null;
  reasons: string[] | null;
  amount: string | null;
  hold: IntentShare['hold'];
}

const SHOWN = 50;

/** Finds an intent with the shares that carried it. @param apps where to look; undefined: everywhere */
export async function findIntent(
  database: Database,
  id: string,
  apps: readonly string[] | undefined,
): Promise<IntentView | undefined> {
  const [intent] = await database.query<IntentRow>(
    `SELECT i.id, i.app, u.user_id, i.campaign_id, i.content_ref, i.issued_by, i.issued_at
     FROM kakao_share.share_intents i JOIN kakao_share.users u ON u.id = i.user_ref
     WHERE i.id = $1 AND ($2::text[] IS NULL OR i.app = ANY($2))`,
    [id, apps ?? null],
  );
  const standing = (await readIntentStandings(database, [id])).get(id);
  if (intent === undefined || standing === undefined) return undefined;
  return {
    id,
    app: intent.app,
    userId: intent.user_id,
    campaignId: intent.campaign_id,
    contentRef: intent.content_ref,
    issuedBy: intent.issued_by,
    issuedAt: intent.issued_at.toISOString(),
    expiresAt: standing.expiresAt.toISOString(),
    state: stateOf(standing),
    amount: standing.paid + standing.held,
    unit: standing.unit,
    shares: await readShares(database, id),
  };
}

async function readShares(database: Database, intentId: string): Promise<IntentShare[]> {
  const rows = await database.query<ShareRow>(
    `SELECT s.id, s.received_at, d.verdict, d.reasons, d.amount, h.state AS hold
     FROM kakao_share.shares s
     LEFT JOIN kakao_share.decisions d ON d.delivery_id = s.id AND d.superseded_at IS NULL
     LEFT JOIN kakao_share.holds h ON h.delivery_id = s.id
     WHERE s.intent_id = $1 ORDER BY s.id DESC LIMIT ${SHOWN}`,
    [intentId],
  );
  return rows.map(({ id, received_at, verdict, reasons, amount, hold }) => ({
    deliveryId: id,
    receivedAt: received_at.toISOString(),
    verdict: verdict ?? 'pending',
    reasons: reasons ?? [],
    amount: amount === null ? null : toInteger(amount),
    hold,
  }));
}
