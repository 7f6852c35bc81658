import { toInteger } from '../database/amount.js';
import type { Queryable } from '../database/database.js';

/** What a user has, in one unit. */
export interface Balances {
  readonly available: number;
  readonly pending: number;
}

/** A user's points and what they came from. */
export interface UserView {
  readonly userId: string;
  readonly app: string;
  /** In points. */
  readonly balances: Balances;
  /** Rewards that are pending, the next to be released first, at most 50. */
  readonly held: readonly HeldView[];
  /** The newest, at most 50. */
  readonly entries: readonly EntryView[];
  /** The newest, at most 50. */
  readonly shares: readonly ShareView[];
}

export interface HeldView {
  readonly deliveryId: string;
  readonly campaignId: string;
  readonly amount: number;
  readonly unit: string;
  readonly releaseAt: string;
}

export interface EntryView {
  readonly id: string;
  readonly transferId: string;
  /** Which of the user's two accounts it is on. */
  readonly account: 'available' | 'pending';
  readonly amount: number;
  readonly balanceAfter: number;
  readonly unit: string;
  /** Why points moved: `reward`, `release`, `redemption` and so on. */
  readonly kind: string;
  readonly occurredAt: string;
}

export interface ShareView {
  readonly deliveryId: string;
  readonly chatType: string;
  readonly receivedAt: string;
  readonly verdict: string;
  readonly reasons: readonly string[];
}

const SHOWN = 50;

/** What the user has now. */
export async function readBalances(
  queryable: Queryable,
  userRef: string,
  unit: string,
): Promise<Balances> {
  const rows = await queryable.query<{ kind: string; balance: string }>(
    'SELECT kind, balance FROM kakao_share.accounts WHERE user_ref = $1 AND unit = $2',
    [userRef, unit],
  );
  return toBalances(rows);
}

/** What the user had: the sum of what was recorded by then. */
export async function readBalancesAt(
  queryable: Queryable,
  userRef: string,
  unit: string,
  at: Date,
): Promise<Balances> {
  const rows = await queryable.query<{ kind: string; balance: string }>(
    `SELECT a.kind, sum(e.amount) AS balance FROM kakao_share.accounts a
     JOIN kakao_share.entries e ON e.account_id = a.id
     JOIN kakao_share.transfers t ON t.id = e.transfer_id
     WHERE a.user_ref = $1 AND a.unit = $2 AND t.recorded_at <= $3 GROUP BY a.kind`,
    [userRef, unit, at],
  );
  return toBalances(rows);
}

function toBalances(rows: readonly { kind: string; balance: string }[]): Balances {
  const balanceOf = (kind: string): number =>
    toInteger(rows.find((row) => row.kind === kind)?.balance ?? '0');
  return { available: balanceOf('user_available'), pending: balanceOf('user_pending') };
}

export async function readHeld(queryable: Queryable, userRef: string): Promise<HeldView[]> {
  const rows = await queryable.query<{
    delivery_id: string;
    campaign_id: string;
    amount: string;
    unit: string;
    release_at: Date;
  }>(
    `SELECT delivery_id, campaign_id, amount, unit, release_at FROM kakao_share.holds
     WHERE user_ref = $1 AND state = 'pending' ORDER BY release_at, transfer_id LIMIT ${SHOWN}`,
    [userRef],
  );
  return rows.map(({ delivery_id, campaign_id, amount, unit, release_at }) => ({
    deliveryId: delivery_id,
    campaignId: campaign_id,
    amount: toInteger(amount),
    unit,
    releaseAt: release_at.toISOString(),
  }));
}

export async function readEntries(queryable: Queryable, userRef: string): Promise<EntryView[]> {
  const rows = await queryable.query<{
    id: string;
    transfer_id: string;
    account: string;
    amount: string;
    balance_after: string;
    unit: string;
    kind: string;
    occurred_at: Date;
  }>(
    `SELECT e.id, e.transfer_id, a.kind AS account, e.amount, e.balance_after, t.unit, t.kind, t.occurred_at
     FROM kakao_share.entries e
     JOIN kakao_share.accounts a ON a.id = e.account_id
     JOIN kakao_share.transfers t ON t.id = e.transfer_id
     WHERE a.user_ref = $1 ORDER BY e.id DESC LIMIT ${SHOWN}`,
    [userRef],
  );
  return rows.map((row) => ({
    id: row.id,
    transferId: row.transfer_id,
    account: row.account === 'user_pending' ? 'pending' : 'available',
    amount: toInteger(row.amount),
    balanceAfter: toInteger(row.balance_after),
    unit: row.unit,
    kind: row.kind,
    occurredAt: row.occurred_at.toISOString(),
  }));
}

export async function readShares(queryable: Queryable, userRef: string): Promise<ShareView[]> {
  const rows = await queryable.query<{
    id: string;
    chat_type: string;
    received_at: Date;
    verdict: string | null;
    reasons: string[] | null;
  }>(
    `SELECT s.id, s.chat_type, s.received_at, c.verdict, c.reasons
     FROM kakao_share.shares s
     LEFT JOIN kakao_share.decisions c ON c.delivery_id = s.id AND c.superseded_at IS NULL
     WHERE s.user_ref = $1 ORDER BY s.id DESC LIMIT ${SHOWN}`,
    [userRef],
  );
  return rows.map(({ id, chat_type, received_at, verdict, reasons }) => ({
    deliveryId: id,
    chatType: chat_type,
    receivedAt: received_at.toISOString(),
    verdict: verdict ?? 'pending',
    reasons: reasons ?? [],
  }));
}
