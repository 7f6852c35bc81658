import { Readable } from 'node:stream';
import type { Database } from '../database/database.js';
import { firstIdAt } from '../database/new-id.js';

/** Read and sent at a time: about 300 kB. */
const PAGE_ROWS = 1_000;
/** Ids are made by processes, times by the database: their clocks are closer than this. */
const CLOCK_MARGIN_MS = 24 * 60 * 60 * 1_000;
/** What a spreadsheet takes for a formula; in a text it is kept from being one. */
const FORMULA = /^[\s\uFEFF]*[=+\-@＝＋－＠]|^[\t\r\n]/;

/** What an export is about. */
export interface LedgerRange {
  /** Recorded from then on … */
  readonly from: Date;
  /** … and before then. */
  readonly to: Date;
  /** Undefined: all. */
  readonly apps: readonly string[] | undefined;
  /** Only what moved on this user's accounts. */
  readonly userRef: string | undefined;
}

interface Row {
  readonly entry_id: string;
  readonly transfer_id: string;
  readonly recorded_at: Date;
  readonly occurred_at: Date;
  readonly app: string;
  readonly unit: string;
  readonly account: string;
  readonly kind: string;
  readonly amount: string;
  readonly balance_after: string;
  readonly user_id: string | null;
  readonly campaign_id: string | null;
  readonly origin_id: string | null;
  readonly actor: string;
  readonly reason: string | null;
}

const COLUMNS: readonly (keyof Row)[] = [
  ...(['entry_id', 'transfer_id', 'recorded_at', 'occurred_at', 'app', 'unit'] as const),
  ...(['account', 'kind', 'amount', 'balance_after'] as const),
  ...(['user_id', 'campaign_id', 'origin_id', 'actor', 'reason'] as const),
];
const NUMBERS: ReadonlySet<keyof Row> = new Set(['amount', 'balance_after'] as const);

/**
 * The entries of a range as CSV (RFC 4180), page by page, in the order in which they were written. The first page is read
 * before anything is sent, so that a database that is away is an error and not an empty file.
 */
export async function openLedgerCsv(database: Database, range: LedgerRange): Promise<Readable> {
  const first = await readPage(
    database,
    range,
    firstIdAt(new Date(range.from.getTime() - CLOCK_MARGIN_MS)),
  );
  return Readable.from(writePages(database, range, first));
}

async function* writePages(
  database: Database,
  range: LedgerRange,
  first: readonly Row[],
): AsyncGenerator<string, void, undefined> {
  yield `${COLUMNS.join(',')}\r\n`;
  for (let rows = first; ;) {
    if (rows.length > 0) yield rows.map(toLine).join('');
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_ROWS) return;
    rows = await readPage(database, range, last.entry_id);
  }
}

async function readPage(
  database: Database,
  { from, to, apps, userRef }: LedgerRange,
  after: string,
): Promise<Row[]> {
  return database.query<Row>(
    `SELECT e.id AS entry_id, e.transfer_id, t.recorded_at, t.occurred_at, t.app, t.unit, a.kind AS account, t.kind,
            e.amount, e.balance_after, u.user_id, a.campaign_id, t.origin_id, t.actor, t.reason
     FROM kakao_share.entries e
     JOIN kakao_share.transfers t ON t.id = e.transfer_id
     JOIN kakao_share.accounts a ON a.id = e.account_id
     LEFT JOIN kakao_share.users u ON u.id = coalesce(t.user_ref, a.user_ref)
     WHERE e.id > $1 AND e.id < $2 AND t.recorded_at >= $3 AND t.recorded_at < $4
       AND ($5::text[] IS NULL OR t.app = ANY($5)) AND ($6::uuid IS NULL OR a.user_ref = $6)
     ORDER BY e.id LIMIT ${PAGE_ROWS}`,
    [
      ...[after, firstIdAt(new Date(to.getTime() + CLOCK_MARGIN_MS)), from, to],
      ...[apps ?? null, userRef ?? null],
    ],
  );
}

function toLine(row: Row): string {
  return `${COLUMNS.map((column) => toField(column, row[column])).join(',')}\r\n`;
}

function toField(column: keyof Row, value: string | Date | null): string {
  if (value === null) return '';
  if (value instanceof Date) return value.toISOString();
  // A negative amount is a number; a text that begins like one could be a formula.
  const text = !NUMBERS.has(column) && FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
