import type { Queryable } from '../database/database.js';

/** Bytes as text where they are UTF-8, otherwise in base64; null where there is nothing, or it was erased. */
export interface BytesView {
  readonly text: string | null;
  readonly base64: string | null;
}

/** What was received, byte for byte. It tells of a person. */
export interface ReceivedView {
  readonly method: string;
  /** The chosen headers; never `Authorization`. */
  readonly headers: Readonly<Record<string, string>> | null;
  readonly query: BytesView;
  readonly body: BytesView;
  /** Its user was erased, and with the user what was received. */
  readonly erased: boolean;
  /** What the door could not understand. */
  readonly problems: readonly { readonly field: string; readonly problem: string }[];
  /** What came later under its resource id and said something else, oldest first; none of it was decided. */
  readonly differingRepeats: readonly RepeatView[];
}

/** The same resource id with other content: a handful is kept. */
export interface RepeatView extends Pick<ReceivedView, 'method' | 'headers' | 'query' | 'body'> {
  readonly receivedAt: string;
}

interface RequestRow {
  method: string;
  headers: Record<string, string> | null;
  query: Buffer | null;
  body: Buffer | null;
}

interface ReceivedRow extends RequestRow {
  problems: ReceivedView['problems'] | null;
}

/** As many as are kept, but for a few more that came at once. */
const MAX_SHOWN_REPEATS = 5;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export async function readReceivedView(
  database: Queryable,
  id: string,
): Promise<ReceivedView | undefined> {
  const [row] = await database.query<ReceivedRow>(
    'SELECT method, headers, query, body, problems FROM kakao_share.deliveries WHERE id = $1',
    [id],
  );
  if (row === undefined) return undefined;
  return {
    ...showRequest(row),
    erased: row.query === null,
    problems: row.problems ?? [],
    differingRepeats: await readRepeats(database, id),
  };
}

async function readRepeats(database: Queryable, id: string): Promise<RepeatView[]> {
  const rows = await database.query<RequestRow & { received_at: Date }>(
    `SELECT method, headers, query, body, received_at FROM kakao_share.differing_repeats
     WHERE delivery_id = $1 ORDER BY received_at, digest LIMIT ${MAX_SHOWN_REPEATS}`,
    [id],
  );
  return rows.map((row) => ({
    ...showRequest(row),
    receivedAt: row.received_at.toISOString(),
  }));
}

function showRequest({
  method,
  headers,
  query,
  body,
}: RequestRow): Pick<ReceivedView, 'method' | 'headers' | 'query' | 'body'> {
  return { method, headers, query: showBytes(query), body: showBytes(body) };
}

function showBytes(bytes: Buffer | null): BytesView {
  if (bytes === null || bytes.length === 0) return { text: null, base64: null };
  try {
    return { text: utf8.decode(bytes), base64: null };
  } catch {
    return { text: null, base64: bytes.toString('base64') };
  }
}
